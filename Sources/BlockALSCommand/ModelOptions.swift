import ArgumentParser
import BlockMatrix

/// The options that decide a model's bytes.
///
/// Each is optional, so that a command knows what was asked for; the help names the default.
struct ModelOptions: ParsableArguments {
  @Option(help: "Factors per user and item. (default: 64)")
  var rank: Int?

  @Option(help: "λ, the weight of the factors' squared lengths in the objective. (default: 0.1)")
  var regularization: Double?

  @Option(
    help: """
      What λ is multiplied by: 'count', the row's number of ratings (ALS-WR, as Spark), or 'none'. \
      (default: count)
      """)
  var regularizationScaling: RegularizationScaling?

  @Option(help: "The seed of the initial factors. (default: 0)")
  var seed: UInt64?

  /// Whether none of the options was given.
  var isUntouched: Bool {
    rank == nil && regularization == nil && regularizationScaling == nil && seed == nil
  }

  func hyperparameters() throws(Failure) -> Hyperparameters {
    try Hyperparameters(
      rank: rank ?? 64, regularization: regularization ?? 0.1,
      regularizationScaling: regularizationScaling, seed: seed ?? 0)
  }
}
