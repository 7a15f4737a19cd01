import ArgumentParser

/// A length of time on the command line: `90d`, `12h`; units s, m, h, d and w.
struct TimeSpan: ExpressibleByArgument, Equatable {
  let milliseconds: Int64

  init?(argument: String) {
    let units: [Character: Int64] = [
      "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
    ]
    let digits = argument.dropLast()
    guard let unit = argument.last.flatMap({ units[$0] }),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(digits)
    else { return nil }
    let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit)
    guard !overflow, milliseconds > 0 else { return nil }
    self.milliseconds = milliseconds
  }
}
