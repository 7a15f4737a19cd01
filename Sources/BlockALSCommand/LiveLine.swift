import Workers

/// One line on the terminal that is written over while work goes on, and lines that stay.
final class LiveLine: Sendable {
  /// The terminal's width; `nil` where no terminal reads, and live lines are left out.
  private let columns: Int?
  private let isShown = Locked(false)

  init(columns: Int? = StandardError.terminalColumns) { self.columns = columns }

  /// Shows `text` in place of the live line before, if a terminal reads.
  func update(_ text: String) {
    guard let columns else { return }
    isShown.withLock { isShown in
      StandardError.write(String(text.prefix(columns - 1)), clearing: true)
      isShown = true
    }
  }

  /// Prints a line that stays.
  func print(_ text: String) {
    isShown.withLock { isShown in
      StandardError.write(text + "\n", clearing: isShown)
      isShown = false
    }
  }

  /// Takes the live line away.
  func clear() {
    isShown.withLock { isShown in
      if isShown { StandardError.write("", clearing: true) }
      isShown = false
    }
  }

  /// A length of time as people read it.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds.isFinite ? seconds.rounded() : 0))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
