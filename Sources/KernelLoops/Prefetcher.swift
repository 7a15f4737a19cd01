import CSystem

/// Rows of a table that will be read soon, asked for a few at a time between other work.
struct Prefetcher {
  let factors: Floats
  let stride: Int
  private var next: UnsafePointer<UInt32>
  private var remaining: Int

  /// - `columns`: The rows in the order in which they will be read, `count` of them.
  init(factors: Floats, stride: Int, columns: UnsafePointer<UInt32>, count: Int) {
    self.factors = factors
    self.stride = stride
    next = columns
    remaining = count
  }

  /// One that asks for nothing; `anywhere` is an address, to have one.
  static func idle(_ anywhere: Floats) -> Prefetcher {
    Prefetcher(
      factors: anywhere, stride: 0,
      columns: UnsafeRawPointer(anywhere).assumingMemoryBound(to: UInt32.self), count: 0)
  }

  /// Asks for the next rows, at most `count`.
  @inline(__always)
  mutating func advance(_ count: Int) {
    let now = min(count, remaining)
    for position in 0..<max(0, now) {
      let row = factors + Int(next[position]) &* stride
      var offset = 0
      while offset < stride {
        csystem_prefetch(row + offset)
        offset &+= laneCount
      }
    }
    next += max(0, now)
    remaining &-= now
  }
}
