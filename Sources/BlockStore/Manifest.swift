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
  enum Kind: String, Codable { case partition, generation }

  private struct Envelope<Facts: Codable>: Codable {
    let format: Int
    let kind: Kind
    let facts: Facts
  }

  /// The members that every version has.
  private struct Label: Codable {
    let format: Int
    let kind: String
  }

  private static func tail(_ checksum: UInt64) -> [UInt8] {
    Array(",\n  \"xxh3\" : \"\(Checksum.hex(checksum))\"\n}\n".utf8)
  }

  static func encode<Facts: Codable>(_ facts: Facts, _ kind: Kind) throws(Failure) -> [UInt8] {
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

  static func read<Facts: Codable>(
    _ type: Facts.Type, _ kind: Kind, _ path: String, in fileSystem: any FileSystem
  ) throws(Failure) -> Facts {
    let file = try fileSystem.open(path, streaming: false)
    guard file.byteCount <= mostBytes, file.byteCount > tailByteCount else {
      throw damaged(path, 0, "\(file.byteCount) bytes are no manifest")
    }
    let bytes = try file.read(count: file.byteCount, at: 0)
    let body = bytes.dropLast(tailByteCount)
    guard bytes.suffix(tailByteCount).elementsEqual(tail(Checksum.xxh3(body))) else {
      throw damaged(path, body.count, "the checksum does not fit the bytes before it")
    }
    // What every version has comes first: a newer one may have other facts.
    let label = try decode(Label.self, bytes, path)
    guard label.format == format else {
      throw Failure(
        .mismatch, at: path, "has format \(label.format); this program reads format \(format)",
        hint: "use a newer blockals")
    }
    guard label.kind == kind.rawValue else {
      throw Failure(
        .data, at: path,
        "is the manifest of a \(printable(label.kind.utf8)), not of a \(kind.rawValue)",
        hint: "check which directory is meant")
    }
    return try decode(Envelope<Facts>.self, bytes, path).facts
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], _ path: String
  ) throws(Failure) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let failure as Failure {
      // A setting that no command line could have given.
      throw damaged(path, 0, "\(failure.place): \(failure.message)")
    } catch let DecodingError.dataCorrupted(context) where !context.codingPath.isEmpty {
      throw damaged(path, 0, "\(place(context.codingPath))\(context.debugDescription)")
    } catch let DecodingError.keyNotFound(key, context) {
      throw damaged(path, 0, "\(place(context.codingPath))\(key.stringValue) is missing")
    } catch let DecodingError.typeMismatch(_, context) {
      throw damaged(path, 0, "\(place(context.codingPath))a value is of another kind")
    } catch let DecodingError.valueNotFound(_, context) {
      throw damaged(path, 0, "\(place(context.codingPath))a value is missing")
    } catch {
      throw damaged(path, 0, "is no JSON")
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
