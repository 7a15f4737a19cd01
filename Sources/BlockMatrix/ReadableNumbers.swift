// Numbers as people read them.

extension Double {
  /// The number in about five digits, as people read it.
  package var short: String {
    guard isFinite else { return "\(self)" }
    let size = magnitude
    if size != 0, size < 1e-4 || size >= 1e15 { return "\(self)" }
    if size >= 1e5 { return Int(rounded()).grouped }
    let digits = size >= 1e4 ? 0 : size >= 1e3 ? 1 : size >= 100 ? 2 : size >= 10 ? 3 : 4
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return "\((self * scale).rounded() / scale)"
  }
}

extension Int {
  /// The number with its thousands apart.
  package var grouped: String {
    let digits = String(magnitude)
    var text = ""
    for (offset, digit) in digits.enumerated() {
      if offset > 0, (digits.count - offset) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return self < 0 ? "-" + text : text
  }
}
