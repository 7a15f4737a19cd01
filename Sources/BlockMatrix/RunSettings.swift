/// The settings of a run that its bytes depend on only through where it ends, each after those that
/// its meaning depends on.
///
/// A new one is a line here, its use, and the help text of its option.
package enum RunSetting {
  package static let iterations = Setting<Int>(
    "iterations", rule: .within(1...1_000_000), standard: { _ in 15 })
  package static let tolerance = Setting<Double>(
    "tolerance", rule: .above(0, to: 1, isClosed: false), absent: never, standard: never)
  package static let stopAtLoss = Setting<Double>(
    "stop-at-loss", rule: .notNegative, absent: never, standard: never)
  package static let patience = Setting<Int>(
    "patience", rule: .within(1...Int.max), absent: never, standard: never)
  package static let holdoutMetric = Setting<String>(
    "holdout-metric", absent: never, standard: never)
  package static let checkpointInterval = Setting<Int>(
    "checkpoint-interval", rule: .within(1...Int.max),
    refusal: { interval, values in
      values[patience] != nil && interval > 1
        ? "with a patience each iteration has to be written, so that the best can be kept" : nil
    }, standard: { _ in 1 })
  /// Two, so that a damaged generation loses little.
  package static let keep = Setting<Int>(
    "keep", rule: .within(2...Int.max), standard: { _ in 2 })

  package static let table = SettingTable(
    iterations, tolerance, stopAtLoss, patience, holdoutMetric, checkpointInterval, keep)

  @Sendable private static func never<Value>(_: SettingValues) -> Value? { nil }
}

/// When a run ends, what it watches, and which generations it leaves.
package struct RunSettings: Sendable, Equatable {
  package let values: SettingValues
  /// Iterations at most, those before an interruption included.
  package let iterations: Int
  /// Ends when an iteration lowers the objective by less than this share of it.
  package let tolerance: Double?
  /// Ends when the summed squared error over the training ratings has fallen so far.
  package let stopAtLoss: Double?
  /// Ends when so many iterations have not improved on the best hold-out metric before them.
  package let patience: Int?
  /// What is watched on the hold-out, as `rmse` or `ndcg@20`; `nil` for the root mean squared error
  /// where there is one, and nothing else.
  package let holdoutMetric: String?
  /// A generation is written after every so many iterations, and after the last.
  package let checkpointInterval: Int
  /// Generations that stay on disk, besides the best.
  package let keep: Int

  /// Checks and takes over settings.
  ///
  /// - Parameters:
  ///   - given: What was asked for.
  ///   - defaults: What holds, before the table's own defaults, where nothing was asked for.
  /// - Throws: `.usage` naming the setting.
  package init(
    _ given: SettingValues, over defaults: SettingValues = SettingValues()
  ) throws(Failure) {
    let values = try RunSetting.table.resolve(given, over: defaults)
    self.values = values
    iterations = values[RunSetting.iterations] ?? 1
    tolerance = values[RunSetting.tolerance]
    stopAtLoss = values[RunSetting.stopAtLoss]
    patience = values[RunSetting.patience]
    holdoutMetric = values[RunSetting.holdoutMetric]
    checkpointInterval = values[RunSetting.checkpointInterval] ?? 1
    keep = values[RunSetting.keep] ?? 2
  }

  /// The same for a program, with types.
  package init(
    iterations: Int = 15, tolerance: Double? = nil, stopAtLoss: Double? = nil,
    patience: Int? = nil, holdoutMetric: String? = nil, checkpointInterval: Int = 1, keep: Int = 2
  ) throws(Failure) {
    var given = SettingValues()
    given[RunSetting.iterations] = iterations
    given[RunSetting.tolerance] = tolerance
    given[RunSetting.stopAtLoss] = stopAtLoss
    given[RunSetting.patience] = patience
    given[RunSetting.holdoutMetric] = holdoutMetric
    given[RunSetting.checkpointInterval] = checkpointInterval
    given[RunSetting.keep] = keep
    try self.init(given)
  }

  /// Every setting that is set, by name, as people read it.
  package var settings: [(name: String, value: String)] { RunSetting.table.described(values) }
}

extension RunSettings: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(RunSetting.table.decode(from: decoder))
  }

  package func encode(to encoder: any Encoder) throws {
    try RunSetting.table.encode(values, to: encoder)
  }
}
