import BlockMatrix
import BlockStore
import Training
import Tuning

/// What a model is shown with: everything that its page says follows from this.
package struct ModelPage: Sendable {
  /// The last part of the model's path.
  let name: String
  /// The newest whole generation.
  let facts: GenerationFacts
  let rules: RunSettings
  let digest: String
  let log: TrainingLog
  /// The training ratings of each row.
  let counts: PerSide<[UInt32]>
  /// `nil` where the partition that the model was trained on is not there any more.
  let partition: PartitionFacts?
  let tuning: [TuningComparison]
  let examples: [Example]

  /// What a user has liked, and what is recommended to them.
  package struct Example: Sendable {
    package let user: String
    package let ratingCount: Int
    /// The best of what they have rated; empty where the ratings are not there.
    package let liked: [Item]
    package let recommended: [Item]

    package init(user: String, ratingCount: Int, liked: [Item], recommended: [Item]) {
      self.user = user
      self.ratingCount = ratingCount
      self.liked = liked
      self.recommended = recommended
    }
  }

  /// An item, and what a user gave it or would.
  package struct Item: Sendable {
    let name: String
    let value: Float

    package init(name: String, value: Float) {
      self.name = name
      self.value = value
    }
  }

  package init(
    name: String, facts: GenerationFacts, digest: String, log: TrainingLog,
    counts: PerSide<[UInt32]>, partition: PartitionFacts?, tuning: [TuningComparison],
    examples: [Example]
  ) throws(Failure) {
    self.name = name
    self.facts = facts
    rules = try facts.rules()
    self.digest = digest
    self.log = log
    self.counts = counts
    self.partition = partition
    self.tuning = tuning
    self.examples = examples
  }

  /// The page: one file of HTML that asks for no other, and runs nothing.
  package var html: String {
    let sections = [
      section("How training went", trainingFigures, iterationTable),
      section("The ratings", ratingFigures, blockTable),
      section("What it was made with", [settingsTable, runTable, fileTable].map(\.markup)),
      tuningSection, exampleSection,
    ]
    return Markup.page(
      title: "\(name): a model of blockals", style: Self.style,
      [Markup("header", [:], heading), Markup("main", [:], sections.compactMap(\.self))])
  }

  func section(_ title: String, _ figures: [Markup], _ more: Markup? = nil) -> Markup? {
    guard !figures.isEmpty || more != nil else { return nil }
    return Markup(
      "section", [:],
      [Markup("h2", [:], title)]
        + (figures.isEmpty ? [] : [Markup("div", ["class": "figures"], figures)])
        + (more.map { [$0] } ?? []))
  }

  // MARK: The heading

  private var heading: [Markup] {
    let values = facts.hyperparameters.settings.map { ($0.name, $0.value) }
    func setting(_ name: String) -> String? { values.first { $0.0 == name }?.1 }
    let algorithm = setting("algorithm").map { $0.uppercased() } ?? ""
    let feedback = setting("feedback") ?? ""
    let last = facts.history.last
    let tiles: [(String, String?)] = [
      ("users", facts.userCount.grouped), ("items", facts.itemCount.grouped),
      ("ratings", counts.user.reduce(0) { $0 + Int($1) }.grouped),
      ("rank", String(facts.rank)), ("iterations", String(facts.iteration)),
      ("objective", last?.objective.short), ("RMSE", last?.rmse?.short),
      ("hold-out RMSE", last?.holdoutRmse?.short),
      (metricName, last?.holdoutMetric?.short),
    ]
    return [
      Markup("p", ["class": "kicker"], "A model of blockals"), Markup("h1", [:], name),
      Markup(
        "p", [:],
        "\(facts.iteration) of \(rules.iterations) iterations of \(algorithm) on \(feedback) "
          + "feedback, trained on \(Path.name(of: facts.partitionPath))."),
      Markup(
        "dl", ["class": "tiles"],
        tiles.compactMap { tile in
          tile.1.map {
            Markup("div", [:], [Markup("dt", [:], tile.0), Markup("dd", [:], $0)])
          }
        }),
    ]
  }

  /// What the metric is called that training has watched.
  var metricName: String {
    rules.settings.first { $0.name == "holdout-metric" }?.value ?? "hold-out metric"
  }

  // MARK: Tables

  private var settingsTable: PageFigure {
    var table = PageTable("settings", ["setting", "value"], wraps: true)
    for setting in facts.hyperparameters.settings { table.add([setting.name, setting.value]) }
    return PageFigure("settings-table", "Settings of the model", table.markup)
  }

  private var runTable: PageFigure {
    var table = PageTable("run", ["setting", "value"], wraps: true)
    for setting in rules.settings { table.add([setting.name, setting.value]) }
    return PageFigure("run-table", "Settings of the run", table.markup)
  }

  private var fileTable: PageFigure {
    var table = PageTable("digests", ["what", "value"], wraps: true)
    table.add(["factors", digest])
    table.add(["ratings", facts.partitionDigest])
    table.add(["partition", facts.partitionPath])
    table.add(["values", "\(facts.lowestValue) to \(facts.highestValue)"])
    if let mean = facts.mean { table.add(["mean μ", mean.short]) }
    if let best = facts.best { table.add(["best on the hold-out", "iteration \(best)"]) }
    table.add(["factor files", "\(facts.byteCount.grouped) bytes"])
    if let partition {
      table.add(["partition files", "\(partition.byteCount.grouped) bytes"])
      table.add(["duplicates", partition.duplicates])
      if let holdout = partition.holdout {
        table.add(["hold-out", "\(holdout.ratingCount.grouped) ratings"])
      }
    }
    return PageFigure("digest-table", "Digests and files", table.markup)
  }
}

/// A plot or a table with what it shows.
struct PageFigure {
  let markup: Markup

  /// - Parameters:
  ///   - names: What the series are called, where there are several.
  init(_ id: String, _ caption: String, _ content: Markup, names: [String] = [], note: String = "")
  {
    let legend = names.enumerated().map { number, name in
      Markup(
        "span", ["class": "key"],
        [Markup("i", ["class": "s\(number)"]), Markup(name)])
    }
    var parts = [Markup("b", [:], caption)]
    if !legend.isEmpty { parts.append(Markup("span", ["class": "keys"], legend)) }
    if !note.isEmpty { parts.append(Markup("small", [:], note)) }
    markup = Markup("figure", ["id": id], [Markup("figcaption", [:], parts), content])
  }
}
