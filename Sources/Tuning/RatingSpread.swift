import BlockMatrix
import BlockStore
import Training

/// How a partition's ratings spread: where the values of λ lie that are worth trying.
///
/// Errors of standard deviation σ, summed over the n ratings of a row, have length σ√n: a plain λ
/// of that order balances them, or σ/√n where λ is multiplied by n. So default grids fit ratings of
/// any scale, dense or sparse.
package struct RatingSpread: Sendable, Equatable {
  /// σ of the ratings; 1 where all are equal.
  package let deviation: Double
  /// n: the number of ratings of a rating's user and of its item, in the mean over the ratings; of
  /// both means the geometric one.
  package let typicalCount: Double

  package init(deviation: Double, typicalCount: Double) {
    self.deviation = deviation
    self.typicalCount = typicalCount
  }

  /// - Complexity: O(ratings), divided by the workers.
  init(_ partition: Partition, workers: Int) throws(Failure) {
    // Read twice, once for each sum: as a rule this is little beside a single fold.
    let source = try RatingBlockSource(partition, keeps: false)
    let mean = try source.mean(workers: workers)
    let variance = try source.mean(workers: workers) { ($0 - mean) * ($0 - mean) }
    deviation = variance > 0 && variance.isFinite ? variance.squareRoot() : 1
    let typical = Side.allCases.map { side in
      source.counts[side].reduce(0.0) { $0 + Double($1) * Double($1) }
        / Double(max(1, source.ratingCount))
    }
    typicalCount = max(1, (typical[0] * typical[1]).squareRoot())
  }

  /// Where to look for λ, from the largest down.
  package func regularizations(_ model: Hyperparameters) -> [Double] {
    switch (model.feedback.confidence?.convention, model.regularizationScaling) {
    case (nil, .count): Self.around(deviation / typicalCount.squareRoot())
    case (nil, .unscaled): Self.around(deviation * typicalCount.squareRoot())
    // All cells count there, and confidences have no scale that the ratings would tell.
    case (.ials?, _): GridSeries.coarse(from: 0.0005, to: 0.05)
    case (_, .count): GridSeries.coarse(from: 0.001, to: 0.5)
    case (_, .unscaled): GridSeries.coarse(from: 0.1, to: 200)
    }
  }

  /// Where to look for λ₂: biases are to ratings as errors are, whatever their scale, and their
  /// variances are about as 1 to 3.
  package func biasRegularizations(_ scaling: RegularizationScaling) -> [Double] {
    Self.around(scaling == .count ? 3 / typicalCount : 3)
  }

  private static func around(_ center: Double) -> [Double] {
    // Wide enough for what the rule leaves out; finer steps go on from the best, beyond the ends
    // too.
    GridSeries.coarse(from: center / 6, to: center * 6)
  }
}

/// Ten numbers a decade in equal ratios (Renard's series): grids that different searches share, and
/// that people can read.
package enum GridSeries {
  private static let mantissas = ["1", "1.3", "1.6", "2", "2.5", "3.2", "4", "5", "6.3", "8"]

  private static func values(_ mantissas: [String]) -> [Double] {
    // Read as decimals, so that 0.2 is the 0.2 that people write.
    (-300...300).flatMap { power in mantissas.compactMap { Double("\($0)e\(power)") } }
  }

  /// The numbers 1, 2, 5, 10 … between two, from the largest down.
  package static func coarse(from low: Double, to high: Double) -> [Double] {
    values(["1", "2", "5"]).filter { (low...high).contains($0) }.reversed()
  }

  /// The next numbers of the series below and above.
  package static func neighbours(of number: Double) -> [Double] {
    let values = values(mantissas)
    return [values.last { $0 < number }, values.first { $0 > number }].compactMap(\.self)
  }
}
