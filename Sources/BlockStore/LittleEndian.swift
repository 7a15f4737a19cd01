import BlockMatrix

#if _endian(big)
#error("files are little-endian, and arrays are written as they lie in memory")
#endif

/// Puts numbers into bytes, the lowest byte first.
package struct ByteEncoder {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func put<Number: FixedWidthInteger>(_ number: Number) {
    // Byte by byte, so that the order does not depend on the machine's.
    var rest = number
    for _ in 0..<Number.bitWidth / 8 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest = rest >> 8
    }
  }

  package mutating func put(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }
}

/// Takes numbers out of bytes, the lowest byte first.
struct ByteDecoder {
  private let bytes: [UInt8]
  private(set) var offset: Int

  init(_ bytes: [UInt8], at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// The next number.
  ///
  /// - Precondition: The bytes hold one more; whoever decodes checks the length first.
  mutating func take<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
    var number: Number = 0
    for position in 0..<Number.bitWidth / 8 {
      number |= Number(bytes[offset + position]) << Number(position * 8)
    }
    offset += Number.bitWidth / 8
    return number
  }
}

extension Array where Element: BitwiseCopyable {
  /// The elements' bytes as they lie in memory.
  package var memoryBytes: [UInt8] { unsafe withUnsafeBytes { unsafe Array<UInt8>($0) } }

  /// Numbers from their bytes; bytes past the last whole number are left out.
  package init(littleEndian bytes: some Collection<UInt8>) {
    let bytes = Array<UInt8>(bytes)
    let size = MemoryLayout<Element>.stride
    let count = bytes.count / size
    self = unsafe [Element](unsafeUninitializedCapacity: count) { numbers, filled in
      unsafe bytes.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(numbers).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[..<(count * size)]))
      }
      filled = count
    }
  }
}

extension RawSpan {
  /// The bytes as an array of their own.
  var copied: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

  /// Whether these are just the bytes of an array.
  func holds(_ bytes: [UInt8]) -> Bool {
    unsafe withUnsafeBytes { unsafe bytes.elementsEqual($0) }
  }
}

extension WritableFile {
  /// Writes an array's bytes.
  package func write(_ bytes: [UInt8]) throws(Failure) { try write(unsafe bytes.span.bytes) }
}
