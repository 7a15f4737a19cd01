import BlockMatrix
import Testing

@Suite struct `A value for each side` {
  /// Tells whether it is changed where it lies, or a copy of it.
  private struct Probe {
    private final class Token {}
    private var token = Token()
    mutating func isInPlace() -> Bool { isKnownUniquelyReferenced(&token) }
  }

  @Test(arguments: Side.allCases)
  func `is changed in place`(side: Side) {
    var probes = PerSide(user: Probe(), item: Probe())
    // Through a copy, each element of an array that is set would cost the whole array.
    let isInPlace = probes[side].isInPlace()
    #expect(isInPlace)
  }
}
