import BlockMatrix
import CXXHash

/// XXH3 checksums, by libxxhash.
///
/// They find accidents, not forgery.
package enum Checksum {
  /// XXH3-64 of bytes.
  package static func xxh3(_ bytes: some Collection<UInt8>, seed: UInt64 = 0) -> UInt64 {
    let contiguous: UInt64? = bytes.withContiguousStorageIfAvailable { buffer in
      unsafe XXH3_64bits_withSeed(buffer.baseAddress, buffer.count, seed)
    }
    return contiguous ?? xxh3(Array(bytes), seed: seed)
  }

  /// XXH3-64 of what `buffer` holds.
  static func xxh3(_ buffer: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    unsafe XXH3_64bits_withSeed(buffer.baseAddress, buffer.count, seed)
  }

  /// Sixteen lower-case hexadecimal digits, the highest first: how a checksum stands in JSON.
  package static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

/// XXH3 of bytes that come piece by piece.
@safe
struct StreamingChecksum: ~Copyable {
  private let state: OpaquePointer

  init() throws(Failure) {
    guard let state = unsafe XXH3_createState() else {
      throw Failure(.memory, "no memory for a checksum")
    }
    unsafe self.state = state
    // The same state serves both lengths: only the end differs.
    _ = unsafe XXH3_128bits_reset(state)
  }

  deinit { _ = unsafe XXH3_freeState(state) }

  mutating func add(_ bytes: [UInt8]) {
    _ = unsafe bytes.withUnsafeBytes { unsafe XXH3_128bits_update(state, $0.baseAddress, $0.count) }
  }

  /// XXH3-64 of all bytes so far.
  var digest64: UInt64 { unsafe XXH3_64bits_digest(state) }

  /// XXH3-128 of all bytes so far, as 32 hexadecimal digits, the high half first.
  var digest128: String {
    let digest = unsafe XXH3_128bits_digest(state)
    return Checksum.hex(digest.high64) + Checksum.hex(digest.low64)
  }
}
