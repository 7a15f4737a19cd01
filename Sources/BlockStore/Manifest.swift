import BlockMatrix
import FoundationEssentials

/// The file that says what belongs together: JSON whose last member is the checksum of all before.
///
///     {
///       "facts" : { … },
///       "format" : 1,
///       "kind" : "partition",
///       "xxh3" : "0123456789abcdef"
///     }
///
/// The last 34 bytes are always the checksum's line and the closing brace; XXH3-64 is taken over
/// every byte before them.
enum Manifest {
  static let fileName = "manifest.json"
  static let format = 1
  // It is read whole before any of it is checked: what is longer is none of ours.
  static let mostBytes = 64 << 20
  static let mostBlocks = 1 << 20
  private static let tailByteCount = tail(0).count

  /// What a manifest describes.
  enum Kind: String, Encodable { case partition, generation }

  /// What is written.
  private struct Envelope<Facts: Encodable>: Encodable {
    let format: Int
    let kind: Kind
    let facts: Facts
  }

  /// What is read: the members that every version has, and the facts if they are of this one.
  private struct Document<Facts: Decodable>: Decodable {
    let format: Int
    let kind: String
    let facts: Result<Facts, any Error>?

    private enum Key: String, CodingKey { case format, kind, facts }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      format = try container.decode(Int.self, forKey: .format)
      kind = try container.decode(String.self, forKey: .kind)
      facts =
        format == Manifest.format
        ? Result { try container.decode(Facts.self, forKey: .facts) } : nil
    }
  }

  private static func tail(_ checksum: UInt64) -> [UInt8] {
    Array(",\n  \"xxh3\" : \"\(Checksum.hex(checksum))\"\n}\n".utf8)
  }

  static func encode<Facts: Encodable>(_ facts: Facts, _ kind: Kind) throws(Failure) -> [UInt8] {
    let encoder = JSONEncoder()
    // Sorted, so that equal facts are equal bytes; each member on a line, for people.
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      let envelope = Envelope(format: format, kind: kind, facts: facts)
      // The object without its closing brace and the line end before it.
      let body = Array(try encoder.encode(envelope).dropLast(2))
      let bytes = body + tail(Checksum.xxh3(body))
      guard bytes.count <= mostBytes else {
        throw Failure(
          .usage, "a manifest of \(bytes.count) bytes is too large", hint: "use fewer blocks")
      }
      return bytes
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.bug, "cannot write a manifest: \(error)")
    }
  }

  /// Reads a manifest.
  ///
  /// - Parameter entryCount: What it describes besides the files beside it.
  static func read<Facts: Decodable>(
    _ type: Facts.Type, _ kind: Kind, _ path: String, entryCount: Int = 0,
    in fileSystem: any FileSystem
  ) throws(Failure) -> Facts {
    let file = try fileSystem.open(path, streaming: false)
    guard file.byteCount > tailByteCount, file.byteCount <= mostBytes else {
      throw damaged(path, 0, "\(file.byteCount) bytes are no manifest")
    }
    try requireEntries(of: file, entryCount, in: fileSystem)
    let bytes = try file.read(count: file.byteCount, at: 0)
    let body = bytes.dropLast(tailByteCount)
    guard bytes.suffix(tailByteCount).elementsEqual(tail(Checksum.xxh3(body))) else {
      throw damaged(path, body.count, "the checksum does not fit the bytes before it")
    }
    let document: Document<Facts>
    do { document = try JSONDecoder().decode(Document.self, from: Data(bytes)) } catch {
      throw failure(error, path)
    }
    guard document.format == format, let facts = document.facts else {
      throw Failure(
        .mismatch, at: path, "has format \(document.format); this program reads format \(format)",
        hint: "use a newer blockals")
    }
    guard document.kind == kind.rawValue else {
      throw Failure(
        .data, at: path,
        "is the manifest of a \(printable(document.kind.utf8)), not of a \(kind.rawValue)",
        hint: "check which directory is meant")
    }
    do { return try facts.get() } catch { throw failure(error, path) }
  }

  /// Holds a manifest's length against what there is to describe.
  ///
  /// JSON takes twenty times its length of memory while it is decoded: whoever wants that of us has
  /// to bring the files.
  private static func requireEntries(
    of file: any ReadableFile, _ entryCount: Int, in fileSystem: any FileSystem
  ) throws(Failure) {
    guard file.byteCount > bytesBesides else { return }
    let names = try fileSystem.list(Path.parent(of: file.path)).count
    guard (file.byteCount - bytesBesides) / bytesPerEntry <= names + entryCount else {
      throw damaged(
        file.path, 0, "\(file.byteCount) bytes are no manifest of \(names) files")
    }
  }

  /// What a manifest says of a file or of an iteration is shorter.
  private static let bytesPerEntry = 1 << 10
  /// And so is the rest of it.
  private static let bytesBesides = 1 << 16

  /// The failure that a decoder's error comes to.
  private static func failure(_ error: any Error, _ path: String) -> Failure {
    switch error {
    // A setting that no command line could have given.
    case let failure as Failure: damaged(path, 0, "\(failure.place): \(failure.message)")
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      damaged(path, 0, "\(place(context.codingPath))\(context.debugDescription)")
    case DecodingError.keyNotFound(let key, let context):
      damaged(path, 0, "\(place(context.codingPath))\(key.stringValue) is missing")
    case DecodingError.typeMismatch(_, let context):
      damaged(path, 0, "\(place(context.codingPath))a value is of another kind")
    case DecodingError.valueNotFound(_, let context):
      damaged(path, 0, "\(place(context.codingPath))a value is missing")
    default: damaged(path, 0, "is no JSON")
    }
  }

  private static func place(_ keys: [any CodingKey]) -> String {
    keys.isEmpty
      ? "" : keys.map { printable($0.stringValue.utf8) }.joined(separator: ".") + ": "
  }

  static func damaged(_ path: String, _ offset: Int, _ message: String) -> Failure {
    Failure(.data, at: "\(path), offset \(offset)", message, hint: ShardFile.damageHint)
  }
}
