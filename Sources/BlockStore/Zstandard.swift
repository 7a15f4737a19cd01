import BlockMatrix
import CZstd

/// One section's bytes, compressed: exactly one zstd frame that states its content's size and ends
/// with a checksum of it.
package enum Zstandard {
  /// Chosen for speed: on delta-coded columns, higher levels win little.
  private static let level: Int32 = 1

  /// zstd cannot expand more than this: a block of 128 KiB takes at least 4 bytes.
  static let largestExpansion = 1 << 15

  /// The frame of some bytes.
  package static func compress(_ raw: [UInt8]) throws(Failure) -> [UInt8] {
    guard let context = unsafe ZSTD_createCCtx() else {
      throw Failure(.memory, "no memory to compress")
    }
    // One for each call: workers cannot share it, and making it is little beside compressing.
    defer { _ = unsafe ZSTD_freeCCtx(context) }
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    let bound = ZSTD_compressBound(raw.count)
    var isWhole = false
    let stored = unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, filled in
      let size = unsafe raw.withUnsafeBytes { source in
        unsafe ZSTD_compress2(context, buffer.baseAddress, bound, source.baseAddress, source.count)
      }
      isWhole = ZSTD_isError(size) == 0
      filled = isWhole ? size : 0
    }
    guard isWhole else { throw Failure(.memory, "zstd cannot compress \(raw.count) bytes") }
    return stored
  }
}

/// Expands sections; one for all sections of a file, because making one costs as much as using it.
@safe
final class Decompressor {
  private let context: OpaquePointer

  init() throws(Failure) {
    guard let context = unsafe ZSTD_createDCtx() else {
      throw Failure(.memory, "no memory to decompress")
    }
    unsafe self.context = context
  }

  deinit { _ = unsafe ZSTD_freeDCtx(context) }

  /// Expands one frame that fills `range` of `file` and holds exactly `rawCount` bytes.
  ///
  /// Everything is decoded in one pass into memory of the right size, so that a frame can neither
  /// ask for a window nor deliver more than it may.
  ///
  /// - Returns: `nil` where the bytes are not such a frame.
  func expand(_ file: [UInt8], _ range: Range<Int>, rawCount: Int) -> [UInt8]? {
    unsafe file.withUnsafeBytes { whole in
      let stored = unsafe UnsafeRawBufferPointer(rebasing: whole[range])
      guard
        unsafe ZSTD_findFrameCompressedSize(stored.baseAddress, stored.count) == stored.count,
        unsafe ZSTD_getFrameContentSize(stored.baseAddress, stored.count) == UInt64(rawCount)
      else { return nil }
      var isWhole = false
      let raw = unsafe [UInt8](unsafeUninitializedCapacity: rawCount) { buffer, filled in
        let size = unsafe ZSTD_decompressDCtx(
          context, buffer.baseAddress, rawCount, stored.baseAddress, stored.count)
        isWhole = size == rawCount
        filled = isWhole ? size : 0
      }
      return isWhole ? raw : nil
    }
  }
}
