/// Numbers below 2^32 in 1 to 5 bytes: seven bits a byte, the lowest first, the top bit set in all
/// but the last (LEB128).
///
/// Only the shortest form of a number is valid.
enum Varint {
  static let mostBytes = 5

  static func encode(_ numbers: [UInt32]) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: numbers.count * mostBytes) { bytes, filled in
      var position = 0
      for number in numbers {
        var rest = number
        while rest >= 0x80 {
          unsafe bytes[position] = UInt8(truncatingIfNeeded: rest) | 0x80
          position &+= 1
          rest >>= 7
        }
        unsafe bytes[position] = UInt8(truncatingIfNeeded: rest)
        position &+= 1
      }
      filled = position
    }
  }

  /// Exactly `count` numbers, which have to use up all bytes; `nil` where they do not.
  static func decode(_ bytes: [UInt8], count: Int) -> [UInt32]? {
    var isWhole = false
    let numbers = unsafe [UInt32](unsafeUninitializedCapacity: count) { numbers, filled in
      isWhole = unsafe bytes.withUnsafeBufferPointer { source in
        var reader = unsafe VarintReader(source)
        for position in 0..<count { unsafe numbers[position] = reader.next() }
        return unsafe reader.isAtEnd
      }
      filled = count
    }
    return isWhole ? numbers : nil
  }
}

/// Takes one number after another out of bytes.
///
/// Past the end, and from a malformed number, it takes zeros: a loop needs no test of its own, and
/// asks ``isAtEnd`` when it has finished.
@unsafe
struct VarintReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var isWellFormed = true

  init(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes = unsafe bytes }

  /// Whether all bytes are used up, and all were well formed.
  var isAtEnd: Bool { unsafe isWellFormed && position == bytes.count }

  @inline(__always)
  mutating func next() -> UInt32 {
    guard unsafe position < bytes.count else { return unsafe fail() }
    let first = unsafe bytes[position]
    unsafe position &+= 1
    if first < 0x80 { return UInt32(first) }
    guard unsafe position < bytes.count else { return unsafe fail() }
    let second = unsafe bytes[position]
    if second < 0x80 {
      unsafe position &+= 1
      guard second != 0 else { return unsafe fail() }
      return UInt32(first & 0x7F) | UInt32(second) << 7
    }
    return unsafe longer(UInt32(first & 0x7F))
  }

  /// The rest of a number of more than two bytes.
  @inline(never)
  private mutating func longer(_ low: UInt32) -> UInt32 {
    var number = UInt64(low)
    var shift: UInt64 = 7
    // Five bytes at the most: what is longer is no number below 2^32.
    while unsafe position < bytes.count, shift < 35 {
      let byte = unsafe bytes[position]
      unsafe position &+= 1
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        guard byte != 0, let whole = UInt32(exactly: number) else { return unsafe fail() }
        return whole
      }
      shift += 7
    }
    return unsafe fail()
  }

  private mutating func fail() -> UInt32 {
    unsafe isWellFormed = false
    return 0
  }
}
