import BlockMatrix
import RatingInput
import Testing

/// RFC 4180, slowly: the reference that the parser is compared with.
///
/// Nothing where the text is not all in order.
private func reference(_ text: [UInt8]) -> [Rating]? {
  var records: [[[UInt8]]] = [[[]]]
  var hasQuotes = [false]
  var position = 0
  func byte(_ position: Int) -> UInt8? { position < text.count ? text[position] : nil }
  while let next = byte(position) {
    let record = records.count - 1
    let field = records[record].count - 1
    let isAtStart = position == 0 || [0x0A, 0x2C].contains(text[position - 1])
    if next == 0x22 {
      guard isAtStart else { return nil }
      hasQuotes[record] = true
      position += 1
      while true {
        guard let inner = byte(position), inner != 0 else { return nil }
        if inner == 0x22 {
          guard byte(position + 1) == 0x22 else { break }
          position += 1
        }
        records[record][field].append(inner)
        position += 1
      }
      guard [0x2C, 0x0A, 0x0D, nil].contains(byte(position + 1)) else { return nil }
    } else if next == 0x2C {
      records[record].append([])
    } else if next == 0x0A {
      records.append([[]])
      hasQuotes.append(false)
    } else if next == 0x0D {
      guard byte(position + 1) == 0x0A || byte(position + 1) == nil else { return nil }
    } else if next == 0 {
      return nil
    } else {
      records[record][field].append(next)
    }
    position += 1
  }
  var ratings: [Rating] = []
  for (number, fields) in records.enumerated() {
    let isBlank = fields.count == 1 && fields[0].allSatisfy { $0 == 0x20 } && !hasQuotes[number]
    guard !isBlank else { continue }
    guard fields.count == 3, !fields[0].isEmpty, !fields[1].isEmpty else { return nil }
    let number = String(decoding: fields[2], as: UTF8.self).filter { $0 != " " }
    guard let value = Float(number), number.allSatisfy(\.isNumber) else { return nil }
    ratings.append(Rating(fields[0], fields[1], value))
  }
  return ratings
}

struct DifferentialTests {
  /// Pieces of which texts are put together.
  private static let pieces = [
    "a", "b", "u1", "\"", "\"\"", ",", "\n", "\r\n", " ", "1", "2", "long id number 1", "\"x,y\"",
    "a,b,1\n", "\"q\"\"q\",b,2\n", "\r", "\0", "\"l\nm\"", "a,\"b\",3\r\n",
  ]

  @Test func `on made-up texts the parser agrees with a slow reference`() throws {
    var generator = Generator(state: 7)
    var accepted = 0
    for _ in 0..<30_000 {
      var text = Array("start,here,1\n".utf8)
      for _ in 0..<Int.random(in: 0...8, using: &generator) {
        text += Array((Self.pieces.randomElement(using: &generator) ?? "").utf8)
      }
      let expected = reference(text)
      let source = RatingSource(format: .csv, hasHeader: false)
      let found = try? read([text], source).ratings
      #expect(found == expected, "\(printable(text))")
      accepted += expected == nil ? 0 : 1
      if let expected {
        #expect(try read([text], source, workers: 2, chunkByteCount: 5).ratings == expected)
      }
    }
    #expect(accepted > 3000)
  }

  @Test func `cut anywhere, a text gives its first ratings or an error, never others`() throws {
    let text = Array(
      "user,item,rating\r\n\"o'n, \"\"a\"\"\",i1,4.5\r\nbob,\"two\nlines\",3\nzoë,i3,2e0\n".utf8)
    let all = try read([text]).ratings
    #expect(all.count == 3)
    for length in 0..<text.count {
      guard let part = try? read([Array(text[..<length])]).ratings else { continue }
      for (index, rating) in part.enumerated() {
        // The last rating may have lost digits; its ids stand before it.
        #expect(rating.user == all[index].user && rating.item == all[index].item)
        if index + 1 < part.count { #expect(rating == all[index]) }
      }
    }
  }

  @Test func `workers and chunks change nothing`() throws {
    var text = ""
    for row in 0..<5000 {
      text += "\"u \"\"\(row % 97)\"\"\",item number \(row % 31),\(row % 11)\n"
    }
    let expected = try read(text).ratings
    for workers in [1, 2, 3, 8] {
      for chunk in [1, 100, 4097, 1 << 16] {
        #expect(
          try read([Array(text.utf8)], workers: workers, chunkByteCount: chunk).ratings == expected)
      }
    }
  }
}

/// SplitMix64, so that a failure happens again.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 1
    return SplitMix64.mix(state)
  }
}
