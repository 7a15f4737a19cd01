import BlockMatrix
import BlockStore
import FoundationEssentials

/// What `training.jsonl` says of a run, as far as it goes.
///
/// For people: what the log has lost, nothing else has, and it is then `nil` here.
package struct TrainingLog: Sendable {
  package struct Phase: Sendable {
    package let iteration: Int
    /// The side that was solved; `nil` where both were moved.
    package let side: Side?
    package let seconds: Double?
    /// What the workers did; `nil` in logs that do not say.
    package let workerTime: WorkerTime?

    /// The phase's name in figures.
    package var name: String { side?.plural ?? "ratings" }
  }

  package let phases: [Phase]
  private let seconds: [Int: Double]

  /// Reads lines of a log.
  ///
  /// - Parameter last: The iteration that the model holds; what the log says of later ones is
  ///   passed over, and so are lines that make no sense.
  package init(_ lines: [String], through last: Int) {
    let decoder = JSONDecoder()
    let known = lines.compactMap { line in
      // Numbers that fit no Double end a decoder of their own accord.
      (try? decoder.decode(Line.self, from: Data(line.utf8))).flatMap { line in
        (1...max(1, last)).contains(line.iteration) ? line : nil
      }
    }
    phases = known.filter { $0.event == "phase" }.map(\.phase)
    seconds = Dictionary(
      known.filter { $0.event == "iteration" }.compactMap { line in
        line.seconds.map { (line.iteration, $0) }
      }, uniquingKeysWith: { $1 })
  }

  /// The log of a model that is being read.
  package init(of model: ModelDirectory, through last: Int) throws(Failure) {
    self.init(try model.log.lines(), through: last)
  }

  /// Wall time of an iteration.
  package func seconds(ofIteration iteration: Int) -> Double? { seconds[iteration] }

  private struct Line: Decodable {
    let event: String
    let iteration: Int
    let side: Side?
    let seconds: Double?
    let workers: Int?
    let solvingSeconds: Double?
    let readingSeconds: Double?

    var phase: Phase {
      var time: WorkerTime?
      if let workers, workers > 0, let solvingSeconds, let readingSeconds {
        time = WorkerTime(workers: workers, solving: solvingSeconds, reading: readingSeconds)
      }
      return Phase(iteration: iteration, side: side, seconds: seconds, workerTime: time)
    }
  }
}
