import BlockMatrix
import BlockStore
import RatingInput

/// What `inspect` says of a partition.
struct PartitionReport: Report {
  private let partition: Partition
  private let ids: PerSide<IdTable>
  private let skew: PerSide<Skew>
  private var facts: PartitionFacts { partition.facts }

  /// Blocks of a side that are listed for people; JSON has all.
  private static let mostListed = 8

  init(_ partition: Partition) throws(Failure) {
    self.partition = partition
    ids = try partition.readIds()
    skew = ids.map { Skew(counts: $0.counts) }
  }

  private var bytesPerRating: Double {
    Double(facts.byteCount) / Double(max(1, facts.ratingCount))
  }

  var text: String {
    var text =
      "\(partition.directory): a partition of \(facts.ratingCount.grouped) ratings, "
      + "\(facts.userCount.grouped) users × \(facts.itemCount.grouped) items\n"
    text +=
      "  values       \(facts.lowestValue) to \(facts.highestValue)"
      + (facts.valuesGiven ? "\n" : " (the input has no values)\n")
    text += "  duplicates   \(facts.duplicates)\n"
    if let holdout = facts.holdout {
      text +=
        "  hold-out     \(holdout.ratingCount.grouped) ratings (\(rule(of: holdout))); "
        + "\(holdout.unknownPairs.grouped) more without training ratings\n"
    }
    if let times = facts.times {
      text += "  newest       \(TimeText.iso8601(times.newest))\(weight(times))\n"
    }
    text +=
      "  size         \(ByteSize.describe(facts.byteCount)), "
      + "\(bytesPerRating.short) bytes a rating\n"
    text += "  digest       \(facts.digest)\n\n"
    return text + skewTable + "\n" + blockTable
  }

  private func rule(of holdout: HoldoutFacts) -> String {
    if let count = holdout.last { return "the last \(count) of each user" }
    if let time = holdout.from { return "from \(TimeText.iso8601(time)) on" }
    return "fraction \(holdout.fraction), seed \(holdout.seed)"
  }

  private func weight(_ times: TimeFacts) -> String {
    times.halfLife.map { "; half-life \(Double($0) / 86_400_000) days" } ?? ""
  }

  private var skewTable: String {
    var table = TextTable([
      "side", "rows", "least", "median", "90 %", "99 %", "most", "share of the longest 1 %",
    ])
    for side in Side.allCases {
      table.add(
        [side.plural, facts.rowCount(of: side).grouped]
          + skew[side].percentiles.map(\.grouped)
          + ["\((skew[side].topHundredthShare * 1000).rounded() / 10) %"])
    }
    let longest = Side.allCases.map { side in
      "  longest \(side.plural): "
        + skew[side].longest.map { row in
          "\"\(printable(ids[side][row.index]))\" \(row.ratingCount.grouped)"
        }
        .joined(separator: ", ") + "\n"
    }
    return table.text + longest.joined()
  }

  private var blockTable: String {
    var table = TextTable([
      "shard", "rows", "ratings", "columns", "longest row", "bytes", "a rating",
    ])
    for side in Side.allCases {
      let shards = facts.shards[side]
      for (block, shard) in shards.prefix(Self.mostListed).enumerated() {
        let perRating = Double(shard.byteCount) / Double(max(1, shard.ratingCount))
        table.add([
          "\(side.rawValue) block \(block)", shard.rowCount.grouped, shard.ratingCount.grouped,
          shard.distinctColumnCount.grouped, shard.longestRow.grouped, shard.byteCount.grouped,
          perRating.short,
        ])
      }
      if shards.count > Self.mostListed {
        table.add(["and \((shards.count - Self.mostListed).grouped) more", "", "", "", "", "", ""])
      }
    }
    return table.text
  }

  var json: JSONText {
    [
      "kind": .string("partition"),
      "directory": .string(partition.directory),
      "digest": .string(facts.digest),
      "users": .int(facts.userCount),
      "items": .int(facts.itemCount),
      "ratings": .int(facts.ratingCount),
      "lowestValue": .number(Double(facts.lowestValue)),
      "highestValue": .number(Double(facts.highestValue)),
      "valuesGiven": .bool(facts.valuesGiven),
      "duplicates": .string(facts.duplicates),
      "holdout": facts.holdout.map { holdout in
        [
          "fraction": .number(holdout.fraction), "seed": .string(String(holdout.seed)),
          "last": holdout.last.map { .int($0) } ?? .null,
          "from": holdout.from.map { .string(TimeText.iso8601($0)) } ?? .null,
          "ratings": .int(holdout.ratingCount), "unknownPairs": .int(holdout.unknownPairs),
        ]
      } ?? .null,
      "newestTime": facts.times.map { .string(TimeText.iso8601($0.newest)) } ?? .null,
      "halfLifeSeconds": .number(facts.times?.halfLife.map { Double($0) / 1000 }),
      "bytes": .int(facts.byteCount),
      "bytesPerRating": .number(bytesPerRating),
      "sides": .object(Side.allCases.map { ($0.rawValue, json(of: $0)) }),
    ]
  }

  private func json(of side: Side) -> JSONText {
    let names = ["least", "median", "p90", "p99", "most"]
    return [
      "rows": .int(facts.rowCount(of: side)),
      "ratingsPerRow": .object(zip(names, skew[side].percentiles).map { ($0, .int($1)) }),
      "topHundredthShare": .number(skew[side].topHundredthShare),
      "longestRows": .list(skew[side].longest) { row in
        ["id": JSONText.id(ids[side][row.index]), "ratings": .int(row.ratingCount)]
      },
      "blocks": .list(facts.shards[side]) { shard in
        [
          "rows": .int(shard.rowCount), "ratings": .int(shard.ratingCount),
          "distinctColumns": .int(shard.distinctColumnCount),
          "longestRow": .int(shard.longestRow), "bytes": .int(shard.byteCount),
        ]
      },
    ]
  }
}
