/// Copies a matrix with its rows as columns; both numbers are multiples of 16, and so is `stride`,
/// the floats from row to row of the output.
@inline(__always)
func transpose(
  _ matrix: Floats, rows: Int, columns: Int, into output: MutableFloats, stride: Int
) {
  var row = 0
  while row < rows {
    var column = 0
    while column < columns {
      var block = Block(matrix + (row &* columns &+ column), stride: columns)
      // Each round turns the eight bits of (row, column) by one place.
      block.interleave()
      block.interleave()
      block.interleave()
      block.interleave()
      block.write(output + (column &* stride &+ row), stride: stride)
      column &+= laneCount
    }
    row &+= laneCount
  }
}

/// Sixteen rows of sixteen floats.
private struct Block {
  private var upper: Half
  private var lower: Half

  @inline(__always)
  init(_ rows: Floats, stride: Int) {
    upper = Half(rows, stride: stride)
    lower = Half(rows + 8 &* stride, stride: stride)
  }

  @inline(__always)
  func write(_ output: MutableFloats, stride: Int) {
    upper.write(output, stride: stride)
    lower.write(output + 8 &* stride, stride: stride)
  }

  /// Mixes row i with row i + 8, lane by lane, into the rows 2i and 2i + 1.
  @inline(__always)
  mutating func interleave() {
    let first = upper
    let second = lower
    (upper.a0, upper.a1) = mixed(first.a0, second.a0)
    (upper.a2, upper.a3) = mixed(first.a1, second.a1)
    (upper.a4, upper.a5) = mixed(first.a2, second.a2)
    (upper.a6, upper.a7) = mixed(first.a3, second.a3)
    (lower.a0, lower.a1) = mixed(first.a4, second.a4)
    (lower.a2, lower.a3) = mixed(first.a5, second.a5)
    (lower.a4, lower.a5) = mixed(first.a6, second.a6)
    (lower.a6, lower.a7) = mixed(first.a7, second.a7)
  }

  @inline(__always)
  private func mixed(_ even: Lanes, _ odd: Lanes) -> (Lanes, Lanes) {
    var near = Lanes.zero
    near.evenHalf = even.lowHalf
    near.oddHalf = odd.lowHalf
    var far = Lanes.zero
    far.evenHalf = even.highHalf
    far.oddHalf = odd.highHalf
    return (near, far)
  }
}

/// Eight rows of sixteen floats.
private struct Half {
  var a0, a1, a2, a3, a4, a5, a6, a7: Lanes

  @inline(__always)
  init(_ rows: Floats, stride: Int) {
    a0 = load(rows, 0)
    a1 = load(rows, stride)
    a2 = load(rows, 2 &* stride)
    a3 = load(rows, 3 &* stride)
    a4 = load(rows, 4 &* stride)
    a5 = load(rows, 5 &* stride)
    a6 = load(rows, 6 &* stride)
    a7 = load(rows, 7 &* stride)
  }

  @inline(__always)
  func write(_ output: MutableFloats, stride: Int) {
    store(a0, output, 0)
    store(a1, output, stride)
    store(a2, output, 2 &* stride)
    store(a3, output, 3 &* stride)
    store(a4, output, 4 &* stride)
    store(a5, output, 5 &* stride)
    store(a6, output, 6 &* stride)
    store(a7, output, 7 &* stride)
  }
}
