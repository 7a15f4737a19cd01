/// How the objective is lowered.
package enum Algorithm: Sendable, Equatable {
  /// Alternating least squares: one side solved, the other fixed, in turn.
  case als(Solver)
  /// Stochastic gradient descent: a step for each rating.
  case sgd(StochasticSettings)

  package enum Kind: String, SettingWord { case als, sgd }
}

/// How a row's system is solved.
package enum Solver: Sendable, Equatable {
  /// Exactly, by whichever exact method is cheapest for the row's number of ratings.
  case auto
  /// Exactly, by the Cholesky factorisation of the rank × rank matrix, always.
  case cholesky
  /// By so many steps of conjugate gradients from the last iteration's factors: not exact.
  case cg(steps: Int)

  package enum Kind: String, SettingWord { case auto, cholesky, cg }
}

/// What the learning rate of the factors is divided by.
package enum LearningRateScaling: String, SettingWord {
  /// The spread of the values: a rate means the same whatever unit ratings are given in.
  ///
  /// A step of x by η·e·y changes x·y by η·e·|y|², and |y|² grows with the values. That of a bias
  /// changes the prediction by η·e whatever the unit: it is not scaled.
  case values
  /// Nothing.
  case unscaled = "none"
}

/// The settings of stochastic gradient descent.
package struct StochasticSettings: Sendable, Equatable {
  /// η of the first epoch, positive.
  package let learningRate: Double
  package let scaling: LearningRateScaling
  /// How fast η falls: in epoch t it is learningRate / (1 + decay · (t − 1)).
  package let decay: Double
  /// κ, how fast a row's η falls with its steps n: by √(1 + κn), as AdaGrad's does where gradients
  /// stay as long as they are (Duchi, Hazan and Singer, JMLR 2011); not negative.
  ///
  /// Rows with many ratings settle early, and η may be so large that rows with few ones arrive as
  /// well. (Chin, Zhuang, Juan and Lin, PAKDD 2015, find as much with the gradients themselves.)
  package let damping: Double
  /// The blocks a side of the grid whose diagonals are stepped through in parallel.
  ///
  /// At most so many workers have work. Part of the model: another grid takes the ratings in
  /// another order.
  package let gridSize: Int

  /// Checks and takes over the settings.
  ///
  /// - Throws: `.usage` naming the setting.
  package init(
    learningRate: Double? = nil, scaling: LearningRateScaling? = nil, decay: Double? = nil,
    damping: Double? = nil, gridSize: Int? = nil
  ) throws(Failure) {
    var given = SettingValues()
    given[ModelSetting.algorithm] = .sgd
    given[ModelSetting.learningRate] = learningRate
    given[ModelSetting.learningRateScaling] = scaling
    given[ModelSetting.learningRateDecay] = decay
    given[ModelSetting.learningRateDamping] = damping
    given[ModelSetting.grid] = gridSize
    self.init(try ModelSetting.table.resolve(given))
  }

  init(_ resolved: SettingValues) {
    learningRate = resolved[ModelSetting.learningRate] ?? 0
    scaling = resolved[ModelSetting.learningRateScaling] ?? .unscaled
    decay = resolved[ModelSetting.learningRateDecay] ?? 0
    damping = resolved[ModelSetting.learningRateDamping] ?? 0
    gridSize = resolved[ModelSetting.grid] ?? 1
  }

  /// η of factors where that of biases is 1.
  ///
  /// - Parameters:
  ///   - deviation: The root mean square of the ratings' distance from their mean.
  package func factorRate(deviation: Double, mean: Double, hasBias: Bool) -> Double {
    guard scaling == .values else { return 1 }
    // Without biases products have to come to the mean, so |y|² is near it: a step would overshoot
    // where the mean is many times the deviation. With them, floats round numbers that are all
    // nearly one by more than they differ.
    let scale = max(deviation, mean.magnitude / (hasBias ? 65536 : 4))
    return scale > 0 ? 1 / scale : 1
  }

  /// η of a bias that has made so many steps, in an epoch counted from 1.
  package func rate(epoch: Int, steps: Double) -> Double {
    learningRate / (1 + decay * Double(epoch - 1)) / (1 + damping * steps).squareRoot()
  }
}

extension Algorithm {
  init(_ resolved: SettingValues) {
    guard resolved[ModelSetting.algorithm] != .sgd else {
      self = .sgd(StochasticSettings(resolved))
      return
    }
    switch resolved[ModelSetting.solver] {
    case .cholesky: self = .als(.cholesky)
    case .cg: self = .als(.cg(steps: resolved[ModelSetting.cgSteps] ?? 0))
    case .auto, nil: self = .als(.auto)
    }
  }

  /// The settings that say this.
  func enter(into values: inout SettingValues) {
    switch self {
    case .als(.auto): values[ModelSetting.solver] = .auto
    case .als(.cholesky): values[ModelSetting.solver] = .cholesky
    case .als(.cg(let steps)):
      values[ModelSetting.solver] = .cg
      values[ModelSetting.cgSteps] = steps
    case .sgd(let settings):
      values[ModelSetting.algorithm] = .sgd
      values[ModelSetting.learningRate] = settings.learningRate
      values[ModelSetting.learningRateScaling] = settings.scaling
      values[ModelSetting.learningRateDecay] = settings.decay
      values[ModelSetting.learningRateDamping] = settings.damping
      values[ModelSetting.grid] = settings.gridSize
    }
  }
}
