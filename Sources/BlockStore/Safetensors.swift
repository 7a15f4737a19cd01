import BlockMatrix

/// The header of a safetensors file: which tensors follow it, and where their bytes lie.
///
/// Members stand in a fixed order without spaces: the same tensors have the same bytes, so that a
/// reader of ours may compare a header in place of understanding it.
package enum Safetensors {
  /// The length of the JSON in 8 bytes, then the JSON, with spaces up to a multiple of 8 bytes.
  ///
  /// - Parameter tensors: Of 32-bit floats, one after another in the file.
  package static func header(
    metadata: [(String, String)], tensors: [(name: String, shape: [Int])]
  ) -> [UInt8] {
    var members = [("__metadata__", JSONText.object(metadata.map { ($0.0, .string($0.1)) }))]
    var start = 0
    for (name, shape) in tensors {
      let end = start + shape.reduce(4, *)
      let tensor: JSONText = [
        "dtype": .string("F32"), "shape": .list(shape) { .int($0) },
        "data_offsets": .array([.int(start), .int(end)]),
      ]
      members.append((name, tensor))
      start = end
    }
    let json = Array(JSONText.object(members).text.utf8)
    // So that the floats lie at a multiple of their size: readers map the file into memory.
    let padding = (8 - json.count % 8) % 8
    var encoder = ByteEncoder()
    encoder.put(UInt64(json.count + padding))
    encoder.put(json)
    encoder.put([UInt8](repeating: 0x20, count: padding))
    return encoder.bytes
  }
}
