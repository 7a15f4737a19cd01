/// How the objective is lowered.
package enum Algorithm: Sendable, Equatable {
  /// Alternating least squares: one side solved, the other fixed, in turn.
  case als(Solver)
  /// Stochastic gradient descent: a step for each rating.
  case sgd(StochasticSettings)
}

/// How a row's system is solved.
package enum Solver: Sendable, Equatable {
  /// Exactly, by whichever exact method is cheapest for the row's number of ratings.
  case auto
  /// Exactly, by the Cholesky factorisation of the rank × rank matrix, always.
  case cholesky
  /// By so many steps of conjugate gradients from the last iteration's factors: not exact.
  case cg(steps: Int)
}

/// The settings of stochastic gradient descent.
package struct StochasticSettings: Sendable, Equatable {
  /// η of the first epoch, positive.
  package let learningRate: Double
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
  /// - Throws: `.usage` naming the option.
  package init(
    learningRate: Double = 0.01, decay: Double = 0, damping: Double = 0, gridSize: Int = 16
  ) throws(Failure) {
    guard learningRate.isFinite, learningRate > 0, learningRate <= 1 else {
      throw Failure(.usage, at: "--learning-rate", "\(learningRate) is not between 0 and 1")
    }
    guard decay.isFinite, decay >= 0 else {
      throw Failure(.usage, at: "--learning-rate-decay", "\(decay) is not a number ≥ 0")
    }
    guard damping.isFinite, damping >= 0 else {
      throw Failure(.usage, at: "--learning-rate-damping", "\(damping) is not a number ≥ 0")
    }
    guard (1...256).contains(gridSize) else {
      throw Failure(.usage, at: "--grid", "\(gridSize) is not between 1 and 256")
    }
    self.learningRate = learningRate
    self.decay = decay
    self.damping = damping
    self.gridSize = gridSize
  }

  /// η of a row that has made so many steps, in an epoch counted from 1.
  package func rate(epoch: Int, steps: Double) -> Double {
    learningRate / (1 + decay * Double(epoch - 1)) / (1 + damping * steps).squareRoot()
  }
}
