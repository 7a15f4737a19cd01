import ArgumentParser
import BlockMatrix
import BlockStore
import Training

/// Numbers of ranks on the command line, as `2,4,16`.
struct RankList: ExpressibleByArgument {
  let counts: [Int]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    let counts = words.compactMap { Int($0) }
    guard counts.count == words.count, counts.allSatisfy({ (1...4096).contains($0) }) else {
      return nil
    }
    self.counts = counts
  }
}

enum PlannedFeedback: String, ExpressibleByArgument, CaseIterable {
  case explicit, implicit
}

/// What `inspect --ranks` says: what training on several ranks would take.
struct RankPlanReport: Report {
  private let directory: String
  private let rank: Int
  private let workers: Int
  private let forecasts: [RankForecast]

  init(
    _ partition: Partition, _ counts: [Int], rank: Int, isImplicit: Bool, workers: Int
  ) throws(Failure) {
    directory = partition.directory
    self.rank = rank
    self.workers = workers
    let hyperparameters = try Hyperparameters(
      rank: rank, feedback: isImplicit ? .implicit(Confidence(.hu)) : .explicit)
    let settings = try TrainingSettings(run: RunSettings(iterations: 1), workers: workers)
    var forecasts: [RankForecast] = []
    for count in counts {
      forecasts.append(
        try RankForecast(
          partition, hyperparameters: hyperparameters, settings: settings, ranks: count))
    }
    self.forecasts = forecasts
  }

  var text: String {
    var table = TextTable([
      "ranks", "memory a rank", "received a rank", "sent by all", "busiest",
    ])
    for forecast in forecasts {
      table.add([
        forecast.ranks.grouped, ByteSize.describe(forecast.memoryBytes),
        ByteSize.describe(forecast.receivedBytes), ByteSize.describe(forecast.sentBytes),
        "\((forecast.imbalance * 100).rounded() / 100)",
      ])
    }
    return "\(directory): training at rank \(rank) with \(workers) workers a rank\n" + table.text
      + "  received and sent in each iteration; busiest: the most ratings of a rank, 1 where all "
      + "have as many\n"
  }

  var json: JSONText {
    [
      "kind": .string("plan"), "directory": .string(directory), "rank": .int(rank),
      "workers": .int(workers),
      "plans": .list(forecasts) { forecast in
        [
          "ranks": .int(forecast.ranks), "memoryBytes": .int(forecast.memoryBytes),
          "receivedBytes": .int(forecast.receivedBytes), "sentBytes": .int(forecast.sentBytes),
          "busiest": .number(forecast.imbalance),
        ]
      },
    ]
  }
}
