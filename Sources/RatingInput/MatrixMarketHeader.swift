import BlockMatrix

/// The lines of a Matrix Market file before its entries (Boisvert and others 1996, NISTIR 5935).
enum MatrixMarketHeader {
  static let banner = Array("%%matrixmarket".utf8)

  /// Whether text begins with the banner, in capitals or not.
  static func isAtStart(of text: some Collection<UInt8>) -> Bool {
    text.count >= banner.count && zip(text, banner).allSatisfy { lowercase($0) == $1 }
  }

  /// Reads the banner line.
  ///
  /// - Throws: `.data` where it is no coordinate matrix of real numbers, general.
  static func hasValues(_ line: ArraySlice<UInt8>, in name: String) throws(Failure) -> Bool {
    let words = words(line).map { String(decoding: $0.map(lowercase), as: UTF8.self) }
    guard words.count == 5, words[0] == "%%matrixmarket", words[1] == "matrix" else {
      throw Failure(
        .data, at: "\(name):1:1", "\"\(printable(line))\" is no Matrix Market banner",
        hint: "it reads: %%MatrixMarket matrix coordinate real general")
    }
    // A symmetric matrix has each rating once and means it twice: no ratings are like that.
    guard words[2] == "coordinate", ["real", "integer", "pattern"].contains(words[3]),
      words[4] == "general"
    else {
      throw Failure(
        .data, at: "\(name):1:1",
        "a Matrix Market file that is \(words[2...].joined(separator: " ")) holds no ratings",
        hint: "coordinate real, integer or pattern, and general, can be read")
    }
    return words[3] != "pattern"
  }

  /// Reads the size line: rows, columns and entries.
  static func matrix(
    _ line: ArraySlice<UInt8>, number: Int, in name: String
  ) throws(Failure) -> RowLayout.Matrix {
    let numbers = words(line).compactMap(positiveNumber)
    guard numbers.count == 3, words(line).count == 3 else {
      throw Failure(
        .data, at: "\(name):\(number):1",
        "\"\(printable(line))\" is not the number of rows, columns and entries",
        hint: "after the comments, a Matrix Market file has a line like: 943 1682 100000")
    }
    return RowLayout.Matrix(
      rowCount: numbers[0], columnCount: numbers[1], entryCount: numbers[2])
  }

  /// A number from 1 up, of digits alone and without leading zeros.
  static func positiveNumber(_ text: some Collection<UInt8>) -> Int? {
    // Ids are compared by their bytes: `07` and `7` would be one row with two ids.
    guard let first = text.first, first != 0x30 else { return nil }
    var number = 0
    for byte in text {
      guard (0x30...0x39).contains(byte) else { return nil }
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !carry else { return nil }
      number = sum
    }
    return number
  }

  private static func words(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}
