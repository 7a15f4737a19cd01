/// How the fields of a line are separated.
struct Separation: Equatable {
  /// Never `auto`.
  var format: RatingFormat
  /// Between the fields of CSV.
  var delimiter: UInt8 = comma

  static let comma: UInt8 = 0x2C
  static let semicolon: UInt8 = 0x3B
  static let bar: UInt8 = 0x7C

  /// Whether a comma may stand for the decimal point: in a file of semicolons, that is why there
  /// are semicolons.
  var takesDecimalCommas: Bool { format == .csv && delimiter == Self.semicolon }

  /// What stands between fields, in words.
  var name: String {
    switch format {
    case .tsv: "tabs"
    case .movielens: "\"::\""
    case .spaces: "spaces"
    default:
      switch delimiter {
      case Self.comma: "commas"
      case Self.semicolon: "semicolons"
      case Self.bar: "bars"
      default: "\"\(Character(UnicodeScalar(delimiter)))\""
      }
    }
  }

  /// What a line looks like.
  ///
  /// - Parameter needed: The fields that there have to be.
  init(of line: ArraySlice<UInt8>, needed: Int) {
    self.init(format: .csv)
    // A tab first: fields between tabs often hold commas, and others hardly ever hold tabs.
    if line.contains(0x09) {
      format = .tsv
      return
    }
    let counts = Self.counts(line)
    func separates(_ delimiter: UInt8) -> Bool { (counts[delimiter] ?? 0) + 1 >= needed }
    // A quote means CSV too: nowhere else does one have a meaning.
    let isCSV = line.contains(Self.comma) || line.contains(0x22)
    if !isCSV, zip(line, line.dropFirst()).contains(where: { $0 == 0x3A && $1 == 0x3A }) {
      format = .movielens
    } else if isCSV, separates(Self.comma) {
      return
    } else if separates(Self.semicolon) {
      delimiter = Self.semicolon
    } else if separates(Self.bar) {
      delimiter = Self.bar
    } else if !isCSV, Self.isSpaced(line, needed: needed) {
      format = .spaces
    }
  }

  init(format: RatingFormat, delimiter: UInt8 = Separation.comma) {
    self.format = format
    self.delimiter = delimiter
  }

  /// How often each byte stands outside quotes.
  private static func counts(_ line: ArraySlice<UInt8>) -> [UInt8: Int] {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in line {
      if byte == 0x22 { isQuoted.toggle() }
      if !isQuoted { counts[byte, default: 0] += 1 }
    }
    return counts
  }

  /// A title has spaces too, but seldom a number at its end.
  private static func isSpaced(_ line: ArraySlice<UInt8>, needed: Int) -> Bool {
    let words = line.split { RowLayout.isBlankOrLineEnd($0) }
    return words.count >= needed && (0x30...0x39).contains(words.last?.first ?? 0)
  }
}
