import ModelPage
import Testing

@Suite struct `An axis` {
  @Test func `has round ticks around all values`() {
    #expect(Axis.linear([0.66, 1.81]).ticks == [0.5, 1, 1.5, 2])
    #expect(Axis.linear([0.61, 0.94]).ticks == [0.6, 0.7, 0.8, 0.9, 1])
    #expect(Axis.linear([3, 42], fromZero: true).ticks == [0, 20, 40, 60])
    #expect(Axis.logarithmic([3, 5000]).ticks == [10, 100, 1000])
    #expect(Axis.logarithmic([0.5, 30]).ticks == [0.5, 1, 2, 5, 10, 20])
  }

  @Test(
    arguments: [
      [], [0], [7.5], [-3, -3], [1e300, -1e300], [1e-300, 2e-300], [1e20, 1e20 + 16384],
      [.leastNonzeroMagnitude, 4 * .leastNonzeroMagnitude], [-1, 1], [0.1 + 0.2, 0.3],
    ] as [[Double]])
  func `keeps every number inside`(values: [Double]) {
    for axis in [Axis.linear(values), Axis.linear(values.map(\.magnitude), fromZero: true)] {
      #expect((1...13).contains(axis.ticks.count))
      for value in values { #expect((0...1).contains(axis.place(value))) }
    }
    let axis = Axis.logarithmic(values.map(\.magnitude).filter { $0 > 0 })
    for value in values { #expect((0...1).contains(axis.place(value.magnitude))) }
  }

  @Test func `labels its ticks in few characters`() {
    let labels = [0, 0.05, 1.5, 250, 9000, 20_000, 1_200_000, 3e9, -2e6].map(Axis.label)
    #expect(
      labels == ["0", "0.05", "1.5", "250", "9000", "20 k", "1.2 M", "3 G", "-2 M"])
  }
}
