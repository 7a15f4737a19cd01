/// How the lines of one file are cut into fields, and which fields count.
package struct RowLayout: Sendable, Equatable {
  /// What a byte means to the parser.
  enum ByteClass {
    static let ordinary: UInt8 = 0
    static let separator: UInt8 = 1
    static let lineFeed: UInt8 = 2
    static let carriageReturn: UInt8 = 3
    static let quote: UInt8 = 4
    static let zero: UInt8 = 5
  }

  /// The size line of a Matrix Market file.
  package struct Matrix: Sendable, Equatable {
    let rowCount: Int
    let columnCount: Int
    let entryCount: Int
  }

  let separation: Separation
  /// Fields in each line.
  let fieldCount: Int
  /// The user's field, from 0.
  let userField: Int
  let itemField: Int
  /// `nil` where every row is a rating of 1.
  let ratingField: Int?
  /// `nil` where times are not read.
  let timeField: Int?
  let times: TimeReading
  let matrix: Matrix?
  /// The most bytes of a record without its line end.
  let longestRecord: Int
  /// The class of each byte.
  let classes: [UInt8]

  init(
    _ separation: Separation, fieldCount: Int, userField: Int, itemField: Int, ratingField: Int?,
    timeField: Int? = nil, times: TimeReading? = nil, matrix: Matrix? = nil, longestRecord: Int
  ) {
    self.separation = separation
    self.fieldCount = fieldCount
    self.userField = userField
    self.itemField = itemField
    self.ratingField = ratingField
    self.timeField = timeField
    self.times = times ?? TimeReading()
    self.matrix = matrix
    self.longestRecord = longestRecord
    classes = Self.classes(of: separation)
  }

  /// Whether a field may stand in quotes.
  var isQuoted: Bool { separation.format == .csv }

  /// Whether any number of blanks separates, and those at both ends do not.
  var mergesBlanks: Bool { separation.format == .matrixmarket || separation.format == .spaces }

  /// Whether a byte makes no record: a space, a tab or a part of a line end.
  static func isBlankOrLineEnd(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func classes(of separation: Separation) -> [UInt8] {
    // A table: the loops over bytes look up once, whatever the format.
    var classes = [UInt8](repeating: ByteClass.ordinary, count: 256)
    classes[0] = ByteClass.zero
    classes[0x0A] = ByteClass.lineFeed
    classes[0x0D] = ByteClass.carriageReturn
    switch separation.format {
    case .auto: break
    case .csv:
      classes[Int(separation.delimiter)] = ByteClass.separator
      classes[0x22] = ByteClass.quote
    case .tsv: classes[0x09] = ByteClass.separator
    case .movielens: classes[0x3A] = ByteClass.separator
    case .spaces, .matrixmarket:
      classes[0x20] = ByteClass.separator
      classes[0x09] = ByteClass.separator
    }
    return classes
  }
}
