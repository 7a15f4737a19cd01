/// How long the parts of a ratings file may be.
///
/// What is longer is not a rating: a file without line ends, or a quote that is never closed.
package enum InputLimits {
  /// The longest line, in bytes, without its end; in CSV the longest record, quoted line ends
  /// included.
  package static let lineByteCount = 1 << 20
  /// The longest id, in bytes, after unquoting.
  package static let idByteCount = 4096
  /// Base 2 logarithm of the largest window that a `.zst` file may ask memory for: 128 MiB.
  package static let zstandardWindowLog: Int32 = 27
  /// How much text a worker takes at a time, in bytes.
  package static let chunkByteCount = 2 << 20
}
