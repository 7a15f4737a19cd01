import BlockMatrix
import RatingInput

/// The rule of what a record of CSV is, word by word and slowly: what the parser is compared with.
struct ReferenceReader {
  /// What a record is.
  private enum Record {
    case fields([Field], contentEnd: Int)
    case fault(Int, BadLineReason)
  }

  private struct Field {
    /// Of its first byte, behind an opening quote.
    var start: Int
    var bytes: [UInt8] = []
  }

  private let text: [UInt8]
  private let longest: Int
  private var reading = Reading(ratings: [])

  /// Reads a text whose first line is a header of three columns.
  static func read(_ text: [UInt8], longest: Int) -> Reading {
    var reader = ReferenceReader(
      text: text.last == 0x0A ? text : text + [0x0A], longest: longest)
    let header = reader.text.firstIndex(of: 0x0A) ?? 0
    var position = header + 1
    while position < reader.text.count {
      let (record, next) = reader.record(at: position)
      reader.take(record, from: position)
      position = next
    }
    return reader.reading
  }

  private init(text: [UInt8], longest: Int) {
    self.text = text
    self.longest = longest
  }

  private func lineEnd(_ position: Int) -> Int {
    (text[position...].firstIndex(of: 0x0A) ?? text.count - 1) + 1
  }

  /// The record at a place, and where the next one begins.
  private func record(at start: Int) -> (Record, next: Int) {
    var fields = [Field(start: start)]
    var opening: Int?
    var isAfterQuote = false
    var position = start
    func fault(_ position: Int, _ reason: BadLineReason) -> (Record, next: Int) {
      (.fault(position, reason), lineEnd(position))
    }
    while true {
      if let opening, position == text.count || position - start > longest {
        return fault(opening, .unclosedQuote)
      }
      guard position - start <= longest else {
        return (.fault(start, .longLine), lineEnd(start + longest))
      }
      let byte = text[position]
      if let quote = opening {
        if byte == 0x22, position + 1 < text.count, text[position + 1] == 0x22 {
          position += 1
        } else if byte == 0x22 {
          opening = nil
          isAfterQuote = true
          position += 1
          continue
        }
        if byte == 0 { return fault(position, .zeroByte) }
        opening = quote
        fields[fields.count - 1].bytes.append(byte)
        position += 1
        continue
      }
      let isAtStart = position == start || (!isAfterQuote && text[position - 1] == 0x2C)
      switch byte {
      case 0x0A: return (.fields(fields, contentEnd: position), position + 1)
      case 0x0D:
        guard text[position + 1] == 0x0A else { return fault(position, .carriageReturn) }
        return position - start <= longest
          ? (.fields(fields, contentEnd: position), position + 2) : fault(start, .longLine)
      case 0x2C:
        fields.append(Field(start: position + 1))
        isAfterQuote = false
      case _ where isAfterQuote: return fault(position, .textAfterQuote)
      case 0x22:
        guard isAtStart else { return fault(position, .quoteInField) }
        opening = position
        fields[fields.count - 1].start = position + 1
      case 0: return fault(position, .zeroByte)
      default: fields[fields.count - 1].bytes.append(byte)
      }
      position += 1
    }
  }

  private mutating func take(_ record: Record, from start: Int) {
    switch record {
    case .fault(let position, let reason): refuse(position, reason)
    case .fields(let fields, let end):
      let isBlank = text[start..<end].allSatisfy { $0 == 0x20 || $0 == 0x09 }
      guard fields.count > 1 || !isBlank else { return }
      guard fields.count == 3 else {
        return refuse(
          fields.count < 3 ? end : fields[3].start,
          .fieldCount(found: fields.count, expected: 3))
      }
      if fields[0].bytes.isEmpty { return refuse(fields[0].start, .emptyId(.user)) }
      if fields[1].bytes.isEmpty { return refuse(fields[1].start, .emptyId(.item)) }
      take(fields)
    }
  }

  private mutating func take(_ fields: [Field]) {
    let written = fields[2].bytes
    let blanks: Set<UInt8> = [0x20, 0x09]
    let number = written.drop(while: blanks.contains)
      .reversed().drop(while: blanks.contains).reversed()
    if number.isEmpty { return refuse(fields[2].start, .emptyRating) }
    guard number.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = Float(String(decoding: number, as: UTF8.self))
    else {
      // As it is written between its quotes.
      var raw: [UInt8] = []
      for byte in written { raw += byte == 0x22 ? [0x22, 0x22] : [byte] }
      return refuse(fields[2].start, .notANumber(raw))
    }
    reading.ratings.append(Rating(fields[0].bytes, fields[1].bytes, value))
  }

  private mutating func refuse(_ position: Int, _ reason: BadLineReason) {
    let before = text[..<position]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    reading.badLines.append(
      BadLine(
        file: 0, line: before.count { $0 == 0x0A } + 1, column: position - lineStart + 1,
        byte: position, reason: reason))
  }
}
