import BlockMatrix

/// How a file's values are written: as codes of a dictionary, or each as a float.
enum ValueSections {
  /// The section kinds that the values are written as.
  static func kinds(coded: Bool) -> [SectionKind] { coded ? [.dictionary, .codes] : [.values] }

  static func encode(_ values: RatingBlock.Values) -> [(kind: SectionKind, raw: [UInt8])] {
    switch values {
    case .plain(let plain): [(.values, plain.memoryBytes)]
    case .coded(let codes, let dictionary):
      [(.dictionary, dictionary.memoryBytes), (.codes, codes)]
    }
  }

  /// Reads `count` values: all finite, codes within their dictionary, the dictionary ascending.
  static func decode(_ file: ShardFile, count: Int) throws(Failure) -> RatingBlock.Values {
    guard file.hasDictionary else {
      let byteCount = try file.arithmetic(count, times: 4, .values)
      let plain = [Float](
        littleEndian: try file.section(.values, rawCounts: byteCount...byteCount))
      if let position = plain.firstIndex(where: { !$0.isFinite }) {
        throw file.broken(.values, "value \(plain[position]) at rating \(position)")
      }
      return .plain(plain)
    }
    // 256 values at the most: their codes are bytes.
    let dictionary = [Float](littleEndian: try file.section(.dictionary, rawCounts: 0...1024))
    guard dictionary.allSatisfy(\.isFinite) else {
      throw file.broken(.dictionary, "holds a value that is no number")
    }
    guard zip(dictionary, dictionary.dropFirst()).allSatisfy(<) else {
      throw file.broken(.dictionary, "its values do not ascend")
    }
    let codes = try file.section(.codes, rawCounts: count...count)
    if let code = codes.max(), code >= dictionary.count {
      throw file.broken(.codes, "code \(code) of a dictionary of \(dictionary.count) values")
    }
    return .coded(codes: codes, dictionary: dictionary)
  }
}

extension ShardFile {
  /// `count` times `size`, or a failure where no file can be so long.
  func arithmetic(
    _ count: Int, times size: Int, _ kind: SectionKind
  ) throws(Failure) -> Int {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow else { throw broken(kind, "\(count) entries do not fit into a file") }
    return byteCount
  }

  /// Expands `count` numbers written as varints.
  func varints(_ kind: SectionKind, count: Int) throws(Failure) -> [UInt32] {
    let most = try arithmetic(count, times: Varint.mostBytes, kind)
    let raw = try section(kind, rawCounts: count...most)
    guard let numbers = Varint.decode(raw, count: count) else {
      throw broken(kind, "is not \(count) numbers below 2^32")
    }
    return numbers
  }
}
