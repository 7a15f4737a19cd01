/// One line on the terminal that is written over while work goes on, and lines that stay.
struct LiveLine {
  /// Shows parts of a line in place of the live line before, if a terminal reads.
  ///
  /// - Parameter parts: The most important first: what a narrow terminal has no room for is left
  ///   out from the end.
  func update(_ parts: [String]) {
    StandardError.showLive { columns in
      var line = ""
      for part in parts {
        let longer = line.isEmpty ? part : "\(line) · \(part)"
        // The last column stays free: what fills it moves some terminals to the next line.
        guard longer.count < columns else { break }
        line = longer
      }
      return line.isEmpty ? String(parts.first?.prefix(columns - 1) ?? "") : line
    }
  }

  /// Shows a text of one part.
  func update(_ text: String) { update([text]) }

  /// Prints a line that stays.
  func print(_ text: String) { StandardError.write(text + "\n") }

  /// Takes the live line away.
  func clear() { StandardError.clearLive() }

  /// A length of time as people read it.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, min(1e9, seconds.isFinite ? seconds.rounded() : 0)))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
