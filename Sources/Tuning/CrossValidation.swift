import BlockMatrix
import BlockStore
import Kernels
import Ranking
import Training
import Workers

/// Compares models by k-fold cross-validation over one partition.
package struct CrossValidation: Sendable {
  /// What is measured on the ratings that a fold keeps back.
  package enum Metric: Sendable, Equatable {
    /// Root mean squared error; clipped to the scale seen in training or not.
    case rmse(clip: Bool)
    case ranking(RankingMetric)

    package var name: String {
      switch self {
      case .rmse: "rmse"
      case .ranking(let metric): metric.name
      }
    }
    package var higherIsBetter: Bool { self != .rmse(clip: true) && self != .rmse(clip: false) }
  }

  package var foldCount: Int
  package var seed: UInt64
  package var iterations: Int
  package var tolerance: Double
  package var metric: Metric
  package var workers: Int

  /// How far the comparison has come.
  package struct Progress: Sendable {
    package let done: Int
    package let total: Int
    /// The point that was just measured.
    package let point: Hyperparameters
    package let value: Double
  }

  package init(
    foldCount: Int = 5, seed: UInt64 = 0, iterations: Int = 15, tolerance: Double = 1e-4,
    metric: Metric = .rmse(clip: false), workers: Int
  ) throws(Failure) {
    guard (2...100).contains(foldCount) else {
      throw Failure(.usage, at: "--folds", "\(foldCount) is not between 2 and 100")
    }
    self.foldCount = foldCount
    self.seed = seed
    self.iterations = iterations
    self.tolerance = tolerance
    self.metric = metric
    self.workers = workers
  }

  /// What decides every value besides the point and the fold.
  package func heading(_ partition: PartitionFacts) -> String {
    "ratings \(partition.digest) folds \(foldCount) seed \(seed) iterations \(iterations)"
      + " tolerance \(tolerance) metric \(metric)"
  }

  /// Measures every point in every fold.
  ///
  /// Along a path each point begins with the factors of the one before. A path that is not complete
  /// in the record is gone through again from its beginning, so that an interruption changes no
  /// value.
  ///
  /// - Returns: For each point, in the order of the paths, its value in each fold; nothing where a
  ///   stop request came in between.
  package func run(
    _ partition: Partition, paths: [[Hyperparameters]], record: TuningRecord, kernels: KernelSet,
    stop: StopRequest, progress: (Progress) -> Void = { _ in }
  ) throws(Failure) -> [[Double]]? {
    var values = paths.flatMap(\.self).map { _ in [Double]() }
    let total = values.count * foldCount
    for fold in 0..<foldCount {
      var data: FoldData?
      var position = 0
      for path in paths {
        let known = path.compactMap { record.value($0.line, fold: fold) }
        if known.count < path.count, data == nil {
          data = try FoldData(partition, self, fold: fold)
        }
        var factors: PerSide<FactorTable>?
        for (step, point) in path.enumerated() {
          let value: Double
          if known.count == path.count {
            value = known[step]
          } else {
            guard let data else { return nil }
            let loop = try TrainingLoop.inMemory(
              data.source, hyperparameters: point,
              rules: RunSettings(iterations: iterations, tolerance: tolerance), kernels: kernels,
              workers: workers, from: Self.canGoOn(point) ? factors : nil, stop: stop)
            guard case .finished = try loop.run() else { return nil }
            let trained = loop.learner
            factors = trained.factors
            value = try data.measure(trained, metric, workers: workers)
            if record.value(point.line, fold: fold) == nil {
              try record.enter(value, for: point.line, fold: fold)
            }
          }
          values[position].append(value)
          position += 1
          progress(
            Progress(
              done: fold * values.count + position, total: total, point: point, value: value))
        }
      }
    }
    return values
  }

  /// Descent begins anew at each point: its learning rate has fallen by the end of the one before.
  private static func canGoOn(_ point: Hyperparameters) -> Bool { point.solver != nil }
}

/// The ratings of one fold: to train on, and to measure with.
private struct FoldData {
  let source: RatingBlockSource
  let heldOut: HoldoutRatings
  let ids: PerSide<IdTable>
  let scale: ClosedRange<Float>

  init(_ partition: Partition, _ validation: CrossValidation, fold: Int) throws(Failure) {
    source = try RatingBlockSource(
      partition, mask: FoldMask(fold: fold, of: validation.foldCount, seed: validation.seed),
      keeps: true, workers: validation.workers)
    heldOut = try source.heldOut(workers: validation.workers).ratings
    guard heldOut.count > 0 else {
      throw Failure(
        .data, at: partition.directory, "fold \(fold + 1) has no rating to measure with",
        hint: "use fewer folds")
    }
    ids = PerSide(user: try partition.readIds(.user), item: try partition.readIds(.item))
    scale = partition.facts.lowestValue...partition.facts.highestValue
  }

  func measure(
    _ trained: any Learner, _ metric: CrossValidation.Metric, workers: Int
  ) throws(Failure) -> Double {
    let model = try FactorModel(
      factors: trained.factors, ids: ids, mean: Float(trained.mean), scale: scale)
    switch metric {
    case .rmse(let clip):
      let test = TestRatings(
        heldOut, known: PerSide(user: ids.user.count, item: ids.item.count))
      return try Accuracy.measure(model, on: test, clip: clip, workers: workers).rmse ?? .nan
    case .ranking(let metric):
      let source = source
      return try metric.measure(
        trained.factors, mean: trained.mean, ids: ids, test: heldOut,
        seen: { users throws(Failure) in
          SeenItems(
            try users.map { user throws(Failure) in
              let number = source.grids.user.block(containing: Int(user))
              let block = try source.block(number, of: .user)
              return block.columns[block.ratings(ofRow: Int(user) - block.firstIndex)]
            })
        }, scale: scale, workers: workers)
    }
  }
}
