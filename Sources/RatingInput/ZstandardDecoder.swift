import BlockMatrix
import CZstd

/// Zstandard, of one frame or several one after another.
///
/// Checksums are checked where frames have them.
@safe final class ZstandardDecoder: TextDecoder {
  private let context: OpaquePointer
  /// Whether the last call ended between two frames.
  private var isBetweenFrames = true
  private var textCount = 0

  /// Whether bytes begin a frame, or a frame to be skipped.
  static func isFrame(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 4 else { return false }
    return bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
      || (bytes[0] & 0xF0 == 0x50 && bytes[1...3].elementsEqual([0x2A, 0x4D, 0x18]))
  }

  init() throws(Failure) {
    guard let context = unsafe ZSTD_createDCtx() else {
      throw Failure(.memory, "no memory to decompress zstd")
    }
    unsafe self.context = context
    // A few bytes may ask for a window of gigabytes.
    unsafe ZSTD_DCtx_setParameter(
      context, ZSTD_d_windowLogMax, InputLimits.zstandardWindowLog)
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  func decode(upTo count: Int, from input: CompressedInput) throws(Failure) -> [UInt8] {
    while true {
      try input.fill(atLeast: 1)
      guard !input.available.isEmpty || !isBetweenFrames else { return [] }
      let hadInput = !input.available.isEmpty
      let text = try decompressSome(upTo: count, from: input)
      textCount += text.count
      if !text.isEmpty { return text }
      // Without input, the decoder may still have had text to give; now it has not.
      guard hadInput || isBetweenFrames else {
        throw Failure(
          .data, at: input.name,
          "the zstd data end early, after \(input.position) bytes (\(textCount) of text)",
          hint: "the file was cut; fetch it again")
      }
    }
  }

  private func decompressSome(
    upTo count: Int, from input: CompressedInput
  ) throws(Failure) -> [UInt8] {
    var used = 0
    var status = 0
    let context = unsafe context
    let text = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, filled in
      unsafe input.available.withUnsafeBufferPointer { bytes in
        var source = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: count, pos: 0)
        status = unsafe ZSTD_decompressStream(context, &target, &source)
        used = unsafe source.pos
        filled = unsafe target.pos
      }
    }
    input.use(used)
    guard ZSTD_isError(status) == 0 else { throw failure(status, input) }
    // Only a call that moved something tells where the frame stands.
    if used > 0 || !text.isEmpty { isBetweenFrames = status == 0 }
    return text
  }

  private func failure(_ status: Int, _ input: CompressedInput) -> Failure {
    switch ZSTD_getErrorCode(status) {
    case ZSTD_error_frameParameter_windowTooLarge:
      Failure(
        .data, at: input.name,
        "the zstd data need a window larger than \(1 << (InputLimits.zstandardWindowLog - 20)) MiB",
        hint: "decompress it first: zstd -d --long=31")
    case ZSTD_error_memory_allocation:
      Failure(.memory, at: input.name, "no memory to decompress zstd")
    default:
      Failure(
        .data, at: input.name, "the zstd data are damaged near byte \(input.position)",
        hint: "fetch the file again")
    }
  }
}
