/// A field's bytes, without the quotes around it.
struct RecordField {
  var range = 0..<0
  /// How many quotes in it are doubled.
  var doubledQuotes = 0
  var byteCount: Int { range.count - doubledQuotes }
}

/// What gets the fields of a record, one after another.
protocol FieldSink {
  mutating func take(_ field: RecordField, number: Int)
}

/// Leaves all fields: for whoever only asks where records end.
struct NoFields: FieldSink {
  @inline(__always)
  mutating func take(_ field: RecordField, number: Int) {}
}

/// Finds the records of a text, one after another, and the fields of each.
///
/// What a record is follows from the text alone, wherever it is cut into chunks: this is the only
/// place that knows it, for the parser, for the cutter, and for whoever looks at the beginning.
///
/// - A record begins where the one before ends. Outside quotes it ends with the first line end: a
///   line feed, or a carriage return and a line feed. The end of the text ends it too.
/// - A record whose fields cannot be told has a *fault*: a zero byte, a carriage return before
///   something else, a quote inside a plain field, something after a closing quote, a quote that is
///   never closed, or more than ``longest`` bytes. The first one counts. Such a record ends with
///   the line in which the fault stands, whatever quotes follow in it.
/// - A quote that is not closed within ``longest`` bytes of the record's beginning is a fault of
///   the opening quote: so the record ends with the line that opens it, and the next line is read
///   as if nothing had been. A record that is too long outside quotes ends with the line in which
///   it becomes too long.
///
/// The text ends with a line feed: every scan stops at a line end at the latest, so that the loops
/// need no other bound.
@safe struct RecordScanner {
  typealias Class = RowLayout.ByteClass

  let text: UnsafePointer<UInt8>
  /// The number of bytes, the line feed at the end included.
  let end: Int
  private let classes: UnsafePointer<UInt8>
  private let isDoubled: Bool
  private let mergesBlanks: Bool
  /// The most bytes of a record without its line end.
  private let longest: Int

  // The record that was scanned last.
  private(set) var start = 0
  /// Where its line end begins.
  private(set) var contentEnd = 0
  private(set) var fieldCount = 0
  /// Line ends inside quoted fields.
  private(set) var innerLineCount = 0
  /// Why its fields cannot be told, if ``hasFault``.
  private(set) var fault: (position: Int, reason: BadLineReason) = (0, .zeroByte)
  private(set) var hasFault = false
  /// Whether the text ends in the middle of a quoted field, so that only more text can tell whether
  /// that is closed.
  private(set) var isOpen = false

  private init(
    text: UnsafePointer<UInt8>, end: Int, layout: RowLayout, classes: UnsafePointer<UInt8>
  ) {
    unsafe self.text = text
    self.end = end
    unsafe self.classes = classes
    isDoubled = layout.separation.format == .movielens
    mergesBlanks = layout.mergesBlanks
    longest = layout.longestRecord
  }

  /// Passes the record that begins at a place; returns where the next one begins.
  @inline(__always)
  mutating func scan(at first: Int, into sink: inout some FieldSink) -> Int {
    start = first
    innerLineCount = 0
    hasFault = false
    isOpen = false
    var position = first
    var count = 0
    while true {
      if mergesBlanks { skipBlanks(&position) }
      var field = RecordField(range: position..<position)
      if unsafe classes[Int(text[position])] == Class.quote {
        guard let quoted = scanQuoted(&position) else { return endOfFault() }
        field = quoted
      } else {
        scanPlain(&position)
        field.range = field.range.lowerBound..<position
      }
      // Blanks at the end of a line have no field behind them.
      if !mergesBlanks || !field.range.isEmpty {
        sink.take(field, number: count)
        count += 1
      }
      if unsafe classes[Int(text[position])] == Class.separator {
        position += isDoubled ? 2 : 1
        continue
      }
      guard let next = endLine(at: position), position - first <= longest else {
        return endOfFault()
      }
      contentEnd = position
      fieldCount = count
      return next
    }
  }

  @inline(__always)
  private func scanPlain(_ position: inout Int) {
    while true {
      while unsafe classes[Int(text[position])] == Class.ordinary { position += 1 }
      // A single colon belongs to the field.
      guard isDoubled, unsafe text[position] == 0x3A, unsafe text[position + 1] != 0x3A
      else { return }
      position += 1
    }
  }

  /// Passes a line end; nil, and a fault, where something else stands there.
  @inline(__always)
  private mutating func endLine(at position: Int) -> Int? {
    let kind = unsafe classes[Int(text[position])]
    if kind == Class.lineFeed { return position + 1 }
    if kind == Class.carriageReturn, unsafe text[position + 1] == 0x0A { return position + 2 }
    refuse(kind, at: position)
    return nil
  }

  // MARK: What most records do not need

  private func skipBlanks(_ position: inout Int) {
    while unsafe classes[Int(text[position])] == Class.separator { position += 1 }
  }

  /// Passes a quoted field, whose opening quote stands at `position`; nil, and a fault, where it is
  /// not closed or something follows it.
  private mutating func scanQuoted(_ position: inout Int) -> RecordField? {
    let opening = position
    var scan = opening + 1
    var field = RecordField()
    while true {
      guard scan < end, scan - start <= longest else {
        isOpen = scan - start <= longest
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

  private mutating func refuse(_ kind: UInt8, at position: Int) {
    switch kind {
    case Class.carriageReturn: fail(at: position, .carriageReturn)
    case Class.quote: fail(at: position, .quoteInField)
    case Class.zero: fail(at: position, .zeroByte)
    default: fail(at: position, .textAfterQuote)
    }
  }

  private mutating func fail(at position: Int, _ reason: BadLineReason) {
    fault = (position, reason)
    hasFault = true
  }

  /// Where a record with a fault ends.
  ///
  /// A fault beyond the longest record is none: that the record is too long comes first.
  private mutating func endOfFault() -> Int {
    guard hasFault, fault.position - start <= longest else {
      fail(at: start, .longLine)
      return lineEnd(after: start + longest)
    }
    return lineEnd(after: fault.position)
  }

  /// Where the line after `position` begins.
  private func lineEnd(after position: Int) -> Int {
    var scan = position
    while unsafe text[scan] != 0x0A { scan += 1 }
    return scan + 1
  }

  /// The line ends between the record's start and a position, and the position's column, from 1.
  func linePlace(of position: Int) -> (line: Int, column: Int) {
    var line = 0
    var lineStart = start
    for byte in start..<position where unsafe text[byte] == 0x0A {
      line += 1
      lineStart = byte + 1
    }
    return (line, position - lineStart + 1)
  }
}

extension RecordScanner {
  /// A field's bytes, doubled quotes made single.
  func content(of field: RecordField) -> [UInt8] {
    var bytes: [UInt8] = []
    var position = field.range.lowerBound
    while position < field.range.upperBound {
      bytes.append(unsafe text[position])
      position += field.doubledQuotes > 0 && bytes.last == 0x22 ? 2 : 1
    }
    return bytes
  }

  /// Scans the first `count` bytes of a text that goes on behind them.
  ///
  /// A line feed is set there for as long as `body` runs. So a record that ends behind `count` is
  /// not all there, nor is one that is ``isOpen``; every other is as in the whole text.
  static func scan<Output>(
    _ text: inout [UInt8], upTo count: Int, layout: RowLayout,
    _ body: (inout RecordScanner) -> Output
  ) -> Output {
    text.append(0)
    let next = text[count]
    text[count] = 0x0A
    defer {
      text[count] = next
      text.removeLast()
    }
    return unsafe text.withUnsafeBufferPointer { text in
      unsafe layout.classes.withUnsafeBufferPointer { classes in
        guard let text = text.baseAddress, let classes = classes.baseAddress else {
          preconditionFailure("neither is empty")
        }
        var scanner = unsafe RecordScanner(
          text: text, end: count + 1, layout: layout, classes: classes)
        return body(&scanner)
      }
    }
  }
}
