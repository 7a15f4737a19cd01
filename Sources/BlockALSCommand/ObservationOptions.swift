import ArgumentParser
import BlockMatrix
import BlockStore
import FactorExchange
import Training

/// Files that let other programs look at a training; the model's bytes do not depend on them.
struct ObservationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Write where the time goes to this file, in Chrome's trace-event format: open it in \
      https://ui.perfetto.dev. An earlier trace is replaced. Of several ranks it is the first one's.
      """, valueName: "file"))
  var trace: String?

  @Option(
    help: ArgumentHelp(
      """
      Keep the state of the training in this file, in Prometheus' text format, as its node \
      exporter collects it (*.prom). It is replaced as a whole, once a second at most.
      """, valueName: "file"))
  var metrics: String?

  func validate() throws {
    guard trace == nil || trace != metrics else {
      throw ValidationError("--trace and --metrics name the same file.")
    }
  }

  func begin(
    model: String, workers: Int, _ ranks: Ranks, in fileSystem: any FileSystem
  ) throws(Failure) -> Observation {
    guard ranks.speaks else { return Observation(trace: nil, metrics: nil) }
    return Observation(
      trace: try trace.map { path throws(Failure) in
        try Trace(path, workers: workers, in: fileSystem)
      },
      metrics: try metrics.map { path throws(Failure) in
        try MetricsFile(path, model: model, in: fileSystem)
      })
  }
}

/// The files of one training.
struct Observation: Sendable {
  let trace: Trace?
  let metrics: MetricsFile?

  /// Trains, and completes the files however that ends.
  func run<Output>(_ train: () throws(Failure) -> Output) throws(Failure) -> Output {
    let output: Output
    do throws(Failure) { output = try train() } catch {
      // Why the training ended is what has to be heard of.
      try? metrics?.finish()
      try? trace?.finish()
      throw error
    }
    try metrics?.finish()
    try trace?.finish()
    return output
  }
}
