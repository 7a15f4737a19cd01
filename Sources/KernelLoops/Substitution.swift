import CSystem

/// Solves UᵀU x = b from what `factorise` left, into the solution.
///
/// - `vector`: b, `width` floats; padding is zero. May be the solution.
/// - Returns: Whether all of x is finite.
/// - Complexity: O(width²).
@inline(never)
func substitute(_ system: CholeskySystem, _ vector: Floats) -> Bool {
  let (width, solution) = (system.width, system.solution)
  if vector != Floats(solution) { solution.update(from: vector, count: width) }
  forward(system.factor, inverses: system.inverses, width: width, solution)
  backward(system.factor, inverses: system.inverses, width: width, solution)
  var finite = Lanes.zero
  var offset = 0
  while offset < width {
    // Zero times what is not finite is not a number.
    finite.addProduct(load(solution, offset), Lanes.zero)
    offset &+= laneCount
  }
  return total(finite) == 0
}

/// Uᵀ z = b in place.
@inline(__always)
private func forward(_ factor: Floats, inverses: Floats, width: Int, _ values: MutableFloats) {
  var row = 0
  while row < width {
    for pivot in row..<(row &+ laneCount) {
      let value = values[pivot] * inverses[pivot]
      values[pivot] = value
      let line = factor + pivot &* width
      for below in (pivot &+ 1)..<(row &+ laneCount &+ 1) where below < row &+ laneCount {
        values[below] = values[below].addingProduct(-line[below], value)
      }
    }
    var column = row &+ laneCount
    while column < width {
      var sums = load(values, column)
      for pivot in row..<(row &+ laneCount) {
        sums.addProduct(every(-values[pivot]), load(factor, pivot &* width &+ column))
      }
      store(sums, values, column)
      column &+= laneCount
    }
    row &+= laneCount
  }
}

/// U x = z in place.
@inline(__always)
private func backward(_ factor: Floats, inverses: Floats, width: Int, _ values: MutableFloats) {
  var row = width &- laneCount
  while row >= 0 {
    for pivot in row..<(row &+ laneCount) {
      var sums = Lanes.zero
      var column = row &+ laneCount
      while column < width {
        sums.addProduct(load(factor, pivot &* width &+ column), load(values, column))
        column &+= laneCount
      }
      values[pivot] -= total(sums)
    }
    var pivot = row &+ laneCount &- 1
    while pivot >= row {
      let value = values[pivot] * inverses[pivot]
      values[pivot] = value
      for above in row..<pivot {
        values[above] = values[above].addingProduct(-factor[above &* width &+ pivot], value)
      }
      pivot &-= 1
    }
    row &-= laneCount
  }
}
