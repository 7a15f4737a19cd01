import ArgumentParser

/// A number of bytes on the command line: `4G`, `512M`, `64K` (powers of 1024) or plain bytes.
struct ByteSize: ExpressibleByArgument, Equatable {
  let byteCount: Int

  init?(argument: String) {
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    let unit = argument.last.flatMap { units[Character($0.uppercased())] }
    let digits = unit == nil ? argument[...] : argument.dropLast()
    guard !digits.isEmpty, digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber),
      let count = Int(digits)
    else { return nil }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: unit ?? 1)
    guard !overflow, byteCount > 0 else { return nil }
    self.byteCount = byteCount
  }

  /// A size as people read it, in the largest unit that leaves at least 1.
  static func describe(_ byteCount: Int) -> String {
    var value = Double(byteCount)
    for unit in ["bytes", "KB", "MB", "GB"] {
      if value < 1000 || unit == "GB" {
        return unit == "bytes" || value >= 100
          ? "\(Int(value.rounded())) \(unit)" : "\((value * 10).rounded() / 10) \(unit)"
      }
      value /= 1000
    }
    return "\(byteCount) bytes"
  }
}
