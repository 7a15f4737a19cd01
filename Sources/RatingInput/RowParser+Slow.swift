import BlockMatrix

// What most lines do not need: quotes, and the places of problems.
extension RowParser {
  func skipBlanks(_ position: inout Int) {
    while unsafe classes[Int(text[position])] == Class.separator { position += 1 }
  }

  /// Passes a quoted field, whose opening quote stands at `position`; nothing, and a problem, where
  /// it is not closed or something follows it.
  mutating func scanQuoted(_ position: inout Int) -> Field? {
    let opening = position
    var scan = opening + 1
    var field = Field()
    while true {
      guard scan < end, scan - recordStart <= InputLimits.lineByteCount + 2 else {
        fail(at: opening, .unclosedQuote)
        return nil
      }
      switch unsafe text[scan] {
      case 0x22:
        if unsafe scan + 1 < end && text[scan + 1] == 0x22 {
          field.doubledQuotes += 1
          scan += 2
          continue
        }
        field.range = opening + 1..<scan
        position = scan + 1
        return checkAfterQuote(position) ? field : nil
      case 0x0A: innerLineCount += 1
      case 0:
        fail(at: scan, .zeroByte)
        return nil
      default: break
      }
      scan += 1
    }
  }

  private mutating func checkAfterQuote(_ position: Int) -> Bool {
    switch unsafe classes[Int(text[position])] {
    case Class.separator, Class.lineFeed, Class.carriageReturn: return true
    default:
      fail(at: position, .textAfterQuote)
      return false
    }
  }

  /// Makes doubled quotes single.
  func unquoted(_ field: Field) -> Field {
    var target = field.range.lowerBound
    var source = target
    while source < field.range.upperBound {
      let byte = unsafe text[source]
      unsafe text[target] = byte
      source += byte == 0x22 ? 2 : 1
      target += 1
    }
    let content = field.range.lowerBound..<target
    // No line end may stand there twice: lines are still counted.
    while target < field.range.upperBound {
      unsafe text[target] = 0x22
      target += 1
    }
    return Field(range: content)
  }

  /// The line ends between the record's start and a position, and the position's column, from 1.
  func linePlace(of position: Int) -> (line: Int, column: Int) {
    var line = 0
    var lineStart = recordStart
    for byte in recordStart..<position where unsafe text[byte] == 0x0A {
      line += 1
      lineStart = byte + 1
    }
    return (line, position - lineStart + 1)
  }

  /// Where the line after `position` begins.
  func lineEnd(after position: Int) -> Int {
    var scan = position
    while unsafe text[scan] != 0x0A { scan += 1 }
    return scan + 1
  }
}
