import CSystem

/// Copies the factors of some ratings of a run into a panel, row after row.
@inline(__always)
func gather(_ run: RatingRun, _ ratings: Range<Int>, into panel: MutableFloats) {
  let width = run.width
  var output = panel
  for rating in ratings {
    let row = run.factors + Int(run.columns[rating]) &* width
    var offset = 0
    while offset < width {
      store(load(row, offset), output, offset)
      offset &+= laneCount
    }
    if run.bias_position >= 0 {
      run.targets[rating] -= row[run.bias_position]
      output[run.bias_position] = 1
    }
    output += width
  }
}

/// Multiplies each row of a panel by its weight.
@inline(__always)
func weigh(_ panel: Floats, by weights: Floats, rows: Int, width: Int, into output: MutableFloats) {
  for row in 0..<rows {
    let weight = every(weights[row])
    var offset = row &* width
    let end = offset &+ width
    while offset < end {
      store(load(panel, offset) * weight, output, offset)
      offset &+= laneCount
    }
  }
}

/// Adds Σ targets[p] · panel[p] to a vector: even p and odd p apart, then together, then upon what
/// was there.
@inline(__always)
func addCombination(
  _ panel: Floats, _ targets: Floats, rows: Int, width: Int, to vector: MutableFloats
) {
  var offset = 0
  while offset &+ 64 <= width {
    addCombination64(panel + offset, targets, rows: rows, width: width, to: vector + offset)
    offset &+= 64
  }
  while offset < width {
    var even = Lanes.zero
    var odd = Lanes.zero
    var row = panel + offset
    var p = 0
    while p &+ 2 <= rows {
      even.addProduct(every(targets[p]), load(row, 0))
      odd.addProduct(every(targets[p &+ 1]), load(row, width))
      row += 2 &* width
      p &+= 2
    }
    if p < rows { even.addProduct(every(targets[p]), load(row, 0)) }
    store(load(vector, offset) + (even + odd), vector, offset)
    offset &+= laneCount
  }
}

/// The same for 64 columns at once.
@inline(__always)
private func addCombination64(
  _ panel: Floats, _ targets: Floats, rows: Int, width: Int, to vector: MutableFloats
) {
  var e0 = Lanes.zero, e1 = Lanes.zero, e2 = Lanes.zero, e3 = Lanes.zero
  var o0 = Lanes.zero, o1 = Lanes.zero, o2 = Lanes.zero, o3 = Lanes.zero
  var row = panel
  var p = 0
  while p &+ 2 <= rows {
    let even = every(targets[p])
    e0.addProduct(even, load(row, 0))
    e1.addProduct(even, load(row, 16))
    e2.addProduct(even, load(row, 32))
    e3.addProduct(even, load(row, 48))
    row += width
    let odd = every(targets[p &+ 1])
    o0.addProduct(odd, load(row, 0))
    o1.addProduct(odd, load(row, 16))
    o2.addProduct(odd, load(row, 32))
    o3.addProduct(odd, load(row, 48))
    row += width
    p &+= 2
  }
  if p < rows {
    let even = every(targets[p])
    e0.addProduct(even, load(row, 0))
    e1.addProduct(even, load(row, 16))
    e2.addProduct(even, load(row, 32))
    e3.addProduct(even, load(row, 48))
  }
  store(load(vector, 0) + (e0 + o0), vector, 0)
  store(load(vector, 16) + (e1 + o1), vector, 16)
  store(load(vector, 32) + (e2 + o2), vector, 32)
  store(load(vector, 48) + (e3 + o3), vector, 48)
}
