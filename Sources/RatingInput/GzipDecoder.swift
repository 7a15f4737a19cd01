import BlockMatrix
import CZlib

/// Gzip, of one member or several one after another.
///
/// Each member's CRC-32 and length are checked.
@safe final class GzipDecoder: TextDecoder {
  // On the heap: zlib keeps the address of its stream.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var isInsideMember = true
  private var textCount = 0

  init() throws(Failure) {
    unsafe stream.initialize(to: z_stream())
    // 15 + 16: the largest window, and a gzip header.
    let status = unsafe inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw Failure(.memory, "no memory to decompress gzip") }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func decode(upTo count: Int, from input: CompressedInput) throws(Failure) -> [UInt8] {
    while true {
      try input.fill(atLeast: 1)
      if !isInsideMember {
        guard !input.available.isEmpty else { return [] }
        try beginMember(input)
      }
      guard !input.available.isEmpty else {
        throw Failure(
          .data, at: input.name,
          "the gzip data end early, after \(input.position) bytes (\(textCount) of text)",
          hint: "the file was cut; fetch it again")
      }
      let text = try inflateSome(upTo: count, from: input)
      textCount += text.count
      if !text.isEmpty { return text }
    }
  }

  private func beginMember(_ input: CompressedInput) throws(Failure) {
    // Files that were joined with `cat` are one text.
    try input.fill(atLeast: 2)
    guard input.available.starts(with: [0x1F, 0x8B]) else {
      throw Failure(
        .data, at: input.name,
        "after the gzip data, at byte \(input.position), stands something else",
        hint: "the file is damaged; fetch it again")
    }
    unsafe inflateReset(stream)
    isInsideMember = true
  }

  private func inflateSome(
    upTo count: Int, from input: CompressedInput
  ) throws(Failure) -> [UInt8] {
    var used = 0
    var status = Z_OK
    let stream = unsafe stream
    let text = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, filled in
      unsafe input.available.withUnsafeBufferPointer { bytes in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(clamping: bytes.count)
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(clamping: count)
        status = unsafe inflate(stream, Z_NO_FLUSH)
        used = unsafe Int(UInt32(clamping: bytes.count) - stream.pointee.avail_in)
        filled = unsafe Int(UInt32(clamping: count) - stream.pointee.avail_out)
      }
    }
    input.use(used)
    switch status {
    // Z_BUF_ERROR says that nothing moved, no more: the next call brings more input.
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: isInsideMember = false
    case Z_MEM_ERROR: throw Failure(.memory, at: input.name, "no memory to decompress gzip")
    default:
      throw Failure(
        .data, at: input.name, "the gzip data are damaged near byte \(input.position)",
        hint: "fetch the file again")
    }
    return text
  }
}
