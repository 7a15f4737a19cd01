import BlockMatrix
import BlockStore
import Tuning

// The ratings, the grid of a tuning, and examples of what the model recommends.
extension ModelPage {
  var ratingFigures: [Markup] {
    Side.allCases.compactMap { side in
      Plot.histogram(Self.histogram(of: counts[side], side)).map { plot in
        let skew = Skew(counts: counts[side])
        let median = skew.percentiles.count > 1 ? skew.percentiles[1] : 0
        return PageFigure(
          "\(side.plural)", "Ratings by \(side.rawValue)", plot,
          note: "How many \(side.plural) have how many ratings; half of them have at most "
            + "\(median.grouped)."
        ).markup
      }
    }
  }

  /// Rows by their number of ratings: 0, 1, 2 to 3, 4 to 7, and so on.
  package static func histogram(
    of counts: [UInt32], _ side: Side
  ) -> [(name: String, count: Int, title: String)] {
    var bins = [Int](repeating: 0, count: UInt32.bitWidth + 1)
    for count in counts { bins[UInt32.bitWidth - count.leadingZeroBitCount] += 1 }
    guard let first = bins.firstIndex(where: { $0 > 0 }),
      let last = bins.lastIndex(where: { $0 > 0 })
    else { return [] }
    return (first...last).map { bin in
      let least = bin == 0 ? 0 : 1 << (bin - 1)
      let most = bin == 0 ? 0 : (1 << bin) - 1
      let range =
        least == 1 && most == 1
        ? "1 rating"
        : (least == most ? "\(least)" : "\(least.grouped) to \(most.grouped)") + " ratings"
      return (
        least < 1024 ? "\(least)" : least < 1 << 20 ? "\(least >> 10) K" : "\(least >> 20) M",
        bins[bin],
        "\(bins[bin] == 1 ? "1 \(side.rawValue)" : "\(bins[bin].grouped) \(side.plural)") with "
          + range
      )
    }
  }

  private static let mostBlocks = 12

  /// Blocks of both sides, with their ratings where these are still there.
  var blockTable: Markup? {
    var table = PageTable(
      "blocks", ["block", "rows", "factor bytes"] + (partition == nil ? [] : ["ratings", "bytes"]))
    for side in Side.allCases {
      let shards = facts.shards[side]
      for (block, shard) in shards.prefix(Self.mostBlocks).enumerated() {
        let ratings = partition?.shards[side]
        table.add(
          [
            "\(side.rawValue) \(block)",
            facts.grids[side].indices(ofBlock: block).count.grouped, shard.byteCount.grouped,
          ]
            + (ratings.map { shards in
              block < shards.count
                ? [shards[block].ratingCount.grouped, shards[block].byteCount.grouped] : ["–", "–"]
            } ?? []))
      }
      if shards.count > Self.mostBlocks {
        table.add(
          ["and \((shards.count - Self.mostBlocks).grouped) more"]
            + Array(repeating: "", count: partition == nil ? 2 : 4))
      }
    }
    return PageFigure("block-table", "Blocks", table.markup).markup
  }

  // MARK: Tuning

  var tuningSection: Markup? {
    let own = Dictionary(
      facts.hyperparameters.settings.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let figures = tuning.enumerated().map { number, comparison in
      Self.figure(comparison, number: number, own: own, order: Array(own.keys.sorted()))
    }
    return section("Tuning", [], figures.isEmpty ? nil : Markup("div", [:], figures))
  }

  private static func figure(
    _ comparison: TuningComparison, number: Int, own: [String: String], order: [String]
  ) -> Markup {
    // Only what differs between the models is worth a column.
    let all = Set(comparison.rows.flatMap(\.settings.keys)).sorted()
    let names = all.filter { name in Set(comparison.rows.map { $0.settings[name] }).count > 1 }
    let leading = ["rank", "regularization", "bias-regularization", "alpha"]
    let columns = leading.filter(names.contains) + names.filter { !leading.contains($0) }
    var table = PageTable(
      "tuning-\(number)",
      ["mean \(comparison.metric)", "standard error", "folds"] + columns)
    for row in comparison.rows {
      table.add(
        [
          row.mean?.short ?? "diverged", row.standardError?.short ?? "–",
          "\(row.values.count) of \(comparison.foldCount)",
        ] + columns.map { row.settings[$0] ?? "–" },
        mark: row.settings == own ? "mark" : "")
    }
    return PageFigure(
      "tuning-table-\(number)", "\(comparison.rows.count.grouped) models in cross-validation",
      table.markup,
      note: "\(comparison.isClipped ? "Clipped predictions, at" : "At") most "
        + "\(comparison.iterations) iterations. The best of those measured in the most folds comes "
        + "first; the row of this model's own settings stands out."
    ).markup
  }

  // MARK: Examples

  var exampleSection: Markup? {
    let cards = examples.enumerated().map { number, example in
      let rated = example.ratingCount
      return Markup(
        "article", ["class": "card", "id": "example-\(number)"],
        [
          Markup("h3", [:], example.user),
          Markup(
            "p", [:], rated == 1 ? "1 training rating" : "\(rated.grouped) training ratings"),
        ]
          + Self.list("Rated highest", example.liked)
          + Self.list("Recommended", example.recommended))
    }
    return section(
      "Recommendations", [],
      cards.isEmpty ? nil : Markup("div", ["class": "figures"], cards))
  }

  private static func list(_ title: String, _ items: [Item]) -> [Markup] {
    guard !items.isEmpty else { return [] }
    return [
      Markup("h4", [:], title),
      Markup(
        "ol", [:],
        items.map { item in
          Markup(
            "li", [:],
            [
              Markup("span", [:], item.name),
              Markup("data", ["value": "\(item.value)"], Double(item.value).short),
            ])
        }),
    ]
  }
}
