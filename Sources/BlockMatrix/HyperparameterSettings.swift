extension Hyperparameters {
  /// Every setting by the name of its option, as people read it: to list what differs, and to show.
  package var settings: [(name: String, value: String)] {
    [
      ("rank", String(rank)),
      ("regularization", regularization.description),
      ("regularization-scaling", regularizationScaling.rawValue),
      ("seed", String(seed)),
    ]
  }
}
