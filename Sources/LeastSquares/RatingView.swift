import BlockMatrix

/// The ratings of a block as the loops read them, and what each of them adds to its row's
/// equations; valid while the block is held.
@unsafe
struct RatingView {
  /// `nil` where the block has no ratings.
  let columns: UnsafePointer<UInt32>?
  /// All ratings of the block.
  let count: Int
  private let values: RatingBlock.Values
  /// For coded values, the share of each code.
  private let cells: [Confidence.Cell]
  private let countsCode: [Bool]
  private let confidence: Confidence?
  private let mean: Float

  /// Lends a view of a block whose rules were checked when it was read.
  static func withView<Output>(
    of block: RatingBlock, confidence: Confidence?, mean: Float, _ body: (RatingView) -> Output
  ) -> Output {
    unsafe block.columns.withUnsafeBufferPointer { columns in
      unsafe body(
        RatingView(columns, values: block.values, confidence: confidence, mean: mean))
    }
  }

  private init(
    _ columns: UnsafeBufferPointer<UInt32>, values: RatingBlock.Values, confidence: Confidence?,
    mean: Float
  ) {
    unsafe self.columns = columns.baseAddress
    unsafe count = columns.count
    unsafe self.values = values
    unsafe self.confidence = confidence
    unsafe self.mean = mean
    var dictionary: [Float] = []
    if case .coded(_, let codes) = values { dictionary = codes }
    unsafe cells = dictionary.map { share($0, confidence, mean) }
    unsafe countsCode = dictionary.map { confidence?.counts($0) ?? true }
  }

  /// Writes the shares of some ratings; weights only for implicit feedback.
  ///
  /// - Returns: What the ratings say beyond the equations, summed in order.
  func decode(
    _ ratings: Range<Int>, targets: UnsafeMutablePointer<Float>,
    weights: UnsafeMutablePointer<Float>
  ) -> RowFacts {
    switch unsafe values {
    case .coded(let codes, _) where unsafe confidence == nil:
      for (position, rating) in ratings.enumerated() {
        unsafe targets[position] = cells[Int(codes[rating])].target
      }
    case .plain(let plain) where unsafe confidence == nil:
      for (position, rating) in ratings.enumerated() {
        unsafe targets[position] = plain[rating] - mean
      }
    default:
      return unsafe decodeImplicit(ratings, targets: targets, weights: weights)
    }
    return RowFacts(counted: ratings.count, hasTarget: !ratings.isEmpty)
  }

  private func decodeImplicit(
    _ ratings: Range<Int>, targets: UnsafeMutablePointer<Float>,
    weights: UnsafeMutablePointer<Float>
  ) -> RowFacts {
    var facts = RowFacts()
    for (position, rating) in ratings.enumerated() {
      let cell: Confidence.Cell
      let isCounted: Bool
      switch unsafe values {
      case .coded(let codes, _):
        cell = unsafe cells[Int(codes[rating])]
        isCounted = unsafe countsCode[Int(codes[rating])]
      case .plain(let plain):
        cell = unsafe share(plain[rating], confidence, mean)
        isCounted = unsafe confidence?.counts(plain[rating]) ?? true
      }
      unsafe targets[position] = cell.target
      unsafe weights[position] = cell.weight
      facts.constant += cell.constant
      if isCounted { facts.counted += 1 }
      if cell.weight < 0 { facts.hasNegativeWeight = true }
      if cell.target != 0 { facts.hasTarget = true }
    }
    return facts
  }

  /// A rating's share in Double: of explicit feedback its distance from the mean without rounding.
  func exactShare(_ rating: Int) -> (weight: Double, target: Double) {
    let value =
      switch unsafe values {
      case .coded(let codes, let dictionary): dictionary[Int(codes[rating])]
      case .plain(let plain): plain[rating]
      }
    guard let cell = unsafe confidence?.cell(value) else {
      return unsafe (1, Double(value) - Double(mean))
    }
    return (Double(cell.weight), Double(cell.target))
  }
}

/// A rating's share: of explicit feedback weight 1, and its distance from the mean as target.
private func share(
  _ rating: Float, _ confidence: Confidence?, _ mean: Float
) -> Confidence.Cell {
  confidence?.cell(rating)
    ?? Confidence.Cell(weight: 1, target: rating - mean, constant: 0)
}

/// What is known of a row besides its equations.
struct RowFacts: Sendable, Equatable {
  /// The part of the loss that does not depend on the factors: Σ c·p² or Σ t².
  var constant = 0.0
  /// Ratings that count where regularisation goes by count.
  var counted = 0
  var hasNegativeWeight = false
  /// Whether the vector can be anything but zero.
  var hasTarget = false

  /// Puts what is known of the next segment behind.
  mutating func append(_ next: RowFacts) {
    constant += next.constant
    counted += next.counted
    hasNegativeWeight = hasNegativeWeight || next.hasNegativeWeight
    hasTarget = hasTarget || next.hasTarget
  }
}
