import BlockMatrix
import Workers

/// The text of an input: its bytes as they are, or what they decompress to.
///
/// `.gz` and `.zst` are recognised by their first bytes, not by the file's name.
struct TextStream {
  let name: String
  private let input: CompressedInput
  private let decoder: (any TextDecoder)?

  /// Reads enough to tell how the bytes are compressed.
  init(_ source: any ByteSource, consumed: Counter) throws(Failure) {
    name = source.name
    input = CompressedInput(source, consumed: consumed)
    try input.fill(atLeast: 4)
    let magic = Array(input.available.prefix(4))
    if magic.starts(with: [0x1F, 0x8B]) {
      decoder = try GzipDecoder()
    } else if ZstandardDecoder.isFrame(magic) {
      decoder = try ZstandardDecoder()
    } else {
      decoder = nil
    }
  }

  /// At most `count` bytes of text; none at the end.
  ///
  /// - Throws: `.data` where compressed data are damaged or end early.
  mutating func read(upTo count: Int) throws(Failure) -> [UInt8] {
    guard let decoder else { return try input.take(upTo: count) }
    return try decoder.decode(upTo: count, from: input)
  }
}

/// What turns compressed bytes into text, keeping its place from call to call.
protocol TextDecoder: AnyObject {
  /// At most `count` bytes of text; none only where the input has ended as it should.
  func decode(upTo count: Int, from input: CompressedInput) throws(Failure) -> [UInt8]
}

/// The bytes of a source that were read but not yet used, and the check of its length.
final class CompressedInput {
  let name: String
  private(set) var available: ArraySlice<UInt8> = []
  /// Bytes used so far.
  private(set) var position = 0
  private let source: any ByteSource
  private let consumed: Counter
  private var readCount = 0
  private var hasEnded = false

  init(_ source: any ByteSource, consumed: Counter) {
    name = source.name
    self.source = source
    self.consumed = consumed
  }

  /// Reads until `count` bytes are available or the source has ended.
  func fill(atLeast count: Int) throws(Failure) {
    while available.count < count, !hasEnded {
      let bytes = try read(upTo: 1 << 16)
      available = available.isEmpty ? bytes[...] : available + bytes
    }
  }

  /// Takes what is available, else what the source gives next; none at the end.
  func take(upTo count: Int) throws(Failure) -> [UInt8] {
    if !available.isEmpty {
      let bytes = Array(available.prefix(count))
      use(bytes.count)
      return bytes
    }
    let bytes = try read(upTo: count)
    position += bytes.count
    return bytes
  }

  /// Marks bytes as used.
  func use(_ count: Int) {
    available = available.dropFirst(count)
    position += count
  }

  private func read(upTo count: Int) throws(Failure) -> [UInt8] {
    guard !hasEnded else { return [] }
    let bytes = try source.read(upTo: count)
    readCount += bytes.count
    consumed.add(bytes.count)
    if bytes.isEmpty {
      hasEnded = true
      // What was read is then of no version that the file ever had.
      if let expected = source.byteCount, expected != readCount {
        throw Failure(
          .data, at: name,
          "the file changed while it was read: it had \(expected) bytes, \(readCount) were there",
          hint: "wait until whatever writes it has ended")
      }
    }
    return bytes
  }
}
