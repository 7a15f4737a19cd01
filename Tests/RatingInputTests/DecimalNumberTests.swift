import BlockMatrix
import RatingInput
import Testing

struct DecimalNumberTests {
  private func value(_ text: String) -> Float? {
    guard let reading = try? read("a,b,\(text)\n", RatingSource(hasHeader: false)) else {
      return nil
    }
    return reading.ratings.first?.value
  }

  @Test(arguments: [
    "0", "1", "5", "4.5", "-3.25", "+7", "0.1", "0.3", "16777216", "16777217", "16777219", "1e10",
    "3.4028235e38", "1e-45", "1.17549435e-38", "0.000000000000000000001", "123456789.123456789",
    "3.14159265358979323846264338327950288", "1e-400", "9007199254740993", "0e99999999999",
    "1.00000005960464477539062500000000001", "1.00000005960464477539062500000000000", "00012.50",
    "16777217.0000000001", "0.50000002980232238769531250",
  ])
  func `a number is the nearest float`(_ text: String) {
    #expect(value(text) == Float(text))
  }

  @Test func `random decimals are the nearest floats`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let digits = String(UInt64.random(in: 0...999_999_999_999, using: &random))
      let scale = String(Int.random(in: 0...12, using: &random))
      let text = "\(digits)e-\(scale)"
      #expect(value(text) == Float(text), "\(text)")
      let point = digits.prefix(3) + "." + digits.suffix(7)
      #expect(value(String(point)) == Float(String(point)), "\(point)")
    }
  }

  @Test func `zero has no sign`() {
    for text in ["-0", "-0.0", "-0e5", "-1e-99"] { #expect(value(text)?.sign == .plus, "\(text)") }
  }

  @Test func `hundreds of digits are read`() {
    let digits = String(repeating: "3", count: 800)
    #expect(value("0.\(digits)") == Float(1) / 3)
  }
}
