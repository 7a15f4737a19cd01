import BlockMatrix

/// Which models a tuning may try.
package struct TuningSpace: Sendable {
  package enum Model: String, Sendable, CaseIterable { case plain, biases, nonnegative }

  /// What is asked of all models, and what holds before the table's own defaults.
  package var given: SettingValues
  package var defaults: SettingValues
  package var models: [Model]
  // Values to try of each setting; where a list is empty, what is given or the default.
  package var ranks: [Int]
  package var scalings: [RegularizationScaling]
  package var biasScalings: [RegularizationScaling]
  package var alphas: [Double]
  /// `nil` for a search: a wide grid at first, then finer steps around what is best.
  package var regularizations: [Double]?
  package var biasRegularizations: [Double]?

  package init(
    given: SettingValues = SettingValues(), over defaults: SettingValues = SettingValues(),
    models: [Model] = [.plain], ranks: [Int] = [], scalings: [RegularizationScaling] = [],
    biasScalings: [RegularizationScaling] = [], alphas: [Double] = [],
    regularizations: [Double]? = [], biasRegularizations: [Double]? = []
  ) {
    self.given = given
    self.defaults = defaults
    self.models = models
    self.ranks = ranks
    self.scalings = scalings
    self.biasScalings = biasScalings
    self.alphas = alphas
    self.regularizations = regularizations
    self.biasRegularizations = biasRegularizations
  }

  /// Whether there is a grid to go on from where it is best.
  package var isSearched: Bool { regularizations == nil || biasRegularizations == nil }

  /// Whether some of the models predict pairs that others leave out.
  package var isMixed: Bool { models.contains(.biases) && models.contains { $0 != .biases } }

  /// Every combination, once.
  package func points(ranks: [Int], _ spread: RatingSpread) throws(Failure) -> [Hyperparameters] {
    var starts = models.map(settings)
    starts = Self.each(starts, ModelSetting.rank) { _ in ranks }
    // Factors of rank 0 are none: with biases alone, and one λ stands for all.
    starts.removeAll { $0[ModelSetting.rank] == 0 && models.count > 1 && !Self.hasBias($0) }
    starts = Self.each(starts, ModelSetting.regularizationScaling) {
      $0[ModelSetting.rank] == 0 ? [] : scalings
    }
    starts = Self.each(starts, ModelSetting.biasRegularizationScaling) {
      Self.hasBias($0) ? biasScalings : []
    }
    starts = Self.each(starts, ModelSetting.alpha) { _ in alphas }
    var points: [Hyperparameters] = []
    for start in starts {
      let model = try Hyperparameters(start, over: defaults)
      let biasLambdas =
        model.hasBias
        ? biasRegularizations ?? spread.biasRegularizations(model.biasRegularizationScaling) : []
      let lambdas = model.rank == 0 ? [] : regularizations ?? spread.regularizations(model)
      for start in Self.each([start], ModelSetting.biasRegularization, { _ in biasLambdas }) {
        for point in Self.each([start], ModelSetting.regularization, { _ in lambdas }) {
          points.append(try Hyperparameters(point, over: defaults))
        }
      }
    }
    // Different ways lead to one model, as where λ₂ has the same default.
    return points.unique
  }

  private func settings(of model: Model) -> SettingValues {
    var settings = given
    // A model of nothing else keeps what has no meaning in it, so that it is refused.
    guard models.count > 1 || model != .plain else { return settings }
    settings[ModelSetting.biases] = model == .biases
    settings[ModelSetting.nonnegative] = model == .nonnegative
    if model != .biases, models.contains(.biases) {
      settings[ModelSetting.biasRegularization] = nil
      settings[ModelSetting.biasRegularizationScaling] = nil
    }
    return settings
  }

  private static func hasBias(_ settings: SettingValues) -> Bool {
    settings[ModelSetting.biases] == true
  }

  /// Each point with each value of a setting; itself where there are none.
  private static func each<Value: SettingType>(
    _ points: [SettingValues], _ setting: Setting<Value>, _ values: (SettingValues) -> [Value]
  ) -> [SettingValues] {
    points.flatMap { point in
      let values = values(point)
      guard !values.isEmpty else { return [point] }
      return values.map { value in
        var point = point
        point[setting] = value
        return point
      }
    }
  }

  /// The points one step of a finer grid away, along each setting that is searched.
  func neighbours(of point: Hyperparameters) throws(Failure) -> [Hyperparameters] {
    var found: [Hyperparameters] = []
    if regularizations == nil, point.rank > 0 {
      for value in GridSeries.neighbours(of: point.regularization) {
        found.append(try point.with(ModelSetting.regularization, value))
      }
    }
    if biasRegularizations == nil, let present = point.biasRegularization {
      for value in GridSeries.neighbours(of: present) {
        found.append(try point.with(ModelSetting.biasRegularization, value))
      }
    }
    return found
  }
}

extension Hyperparameters {
  var model: TuningSpace.Model { hasBias ? .biases : isNonnegative ? .nonnegative : .plain }

  /// Whether values of λ and λ₂ mean the same in another model.
  func isAlike(_ other: Hyperparameters) -> Bool {
    model == other.model && regularizationScaling == other.regularizationScaling
      && biasRegularizationScaling == other.biasRegularizationScaling
      && (rank == 0) == (other.rank == 0)
  }
}

extension [Hyperparameters] {
  /// Each once, where it is first.
  var unique: [Hyperparameters] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
