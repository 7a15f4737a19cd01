import ArgumentParser
import BlockMatrix
import BlockPartition
import BlockStore
import Ranking
import RatingInput
import Workers

/// `blockals predict`: pairs in, scores out.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predicts the ratings of given pairs of a user and an item.",
    discussion: """
      Reads a user and an item from each line, and prints them with their score, in the order of \
      the input: the predicted rating, or of implicit feedback the predicted preference. Other \
      columns are not read, so that a file of ratings will do.

      Models with biases predict a pair of an unknown user or item by the mean and the bias that \
      is known; with other models its score is empty (null in JSON). Such pairs are counted on \
      standard error, as evaluate counts them.

      Examples:
        blockals predict model pairs.csv
        blockals predict model test.csv.gz --clip --format csv -o scores.csv
        cut -f 2,4 log.tsv | blockals predict model - --columns 2,1 --json
      """
  )

  @Argument(help: "The model directory.")
  var model: String

  @Argument(
    help: ArgumentHelp("Files of pairs ('-' reads standard input).", valueName: "file"))
  var files: [String]

  @Flag(help: "Keep predictions within the lowest and the highest training rating.")
  var clip = false

  @OptionGroup(title: "Input") var input: PairInputOptions

  @OptionGroup var damage: DamageOptions

  @OptionGroup(title: "Output") var output: AnswerOptions

  mutating func run() throws {
    let fileSystem = PosixFileSystem()
    let workers = try output.threads.count(in: fileSystem)
    let loaded = try damage.open(model, in: fileSystem, workers: workers)
    let scale = try clip ? loaded.ratingScale(for: "--clip") : nil
    let text = try TextRatings(
      try InputFiles.inputs(files, in: fileSystem, standardInput: fileSystem.standardInput),
      source: try input.source(), workers: workers)
    let scores = try PairScores(
      loaded.model, ids: text.ids, users: text.ratings.users, items: text.ratings.items,
      workers: workers)
    let unknown = try StopSignals.watch { stop throws(Failure) in
      try write(scores, scale, workers: workers, stop, fileSystem)
    }
    guard unknown > 0 else { return }
    StandardError.note(
      "\(unknown.grouped) of \(scores.count.grouped) pairs have an unknown user or item: "
        + (loaded.model.hasBias ? "predicted by mean and bias" : "they have no score"))
  }

  /// Pairs that are turned into text together.
  private static let partLength = 1 << 14

  /// Writes all pairs; returns how many have an unknown id.
  private func write(
    _ scores: PairScores, _ scale: ClosedRange<Float>?, workers: Int, _ stop: StopRequest,
    _ fileSystem: PosixFileSystem
  ) throws(Failure) -> Int {
    let text = PairText(
      output.wantedFormat, isSpreadsheetSafe: output.spreadsheetSafe)
    let progress = WorkProgress("pairs")
    defer { progress.clear() }
    let sink = try AnswerSink(output.path, in: fileSystem, stop: stop)
    var (opening, unknown) = (text.opening, 0)
    let waveLength = Self.partLength * 8 * workers
    for start in stride(from: 0, to: scores.count, by: waveLength) {
      let end = min(scores.count, start + waveLength)
      let parts = (end - start + Self.partLength - 1) / Self.partLength
      let written = try Parallel.map(parts, workers: workers) { part throws(Failure) in
        let first = start + part * Self.partLength
        return try Self.text(
          of: first..<min(end, first + Self.partLength), scores, scale, text)
      }
      guard !stop.isSet else {
        throw Failure(
          .stopped, "\(start.grouped) of \(scores.count.grouped) pairs were predicted",
          hint: "run the same command again")
      }
      for part in written {
        // Written with the first pairs: where those cannot be, nothing is answered.
        try sink.write(opening + part.bytes)
        opening = []
        unknown += part.unknown
      }
      progress.update(end, of: scores.count)
    }
    try sink.write(
      text.closing([("pairs", .int(scores.count)), ("unknownPairs", .int(unknown))]))
    try sink.commit()
    return unknown
  }

  private static func text(
    of pairs: Range<Int>, _ scores: PairScores, _ scale: ClosedRange<Float>?, _ text: PairText
  ) throws(Failure) -> (bytes: [UInt8], unknown: Int) {
    var (bytes, unknown): ([UInt8], Int) = ([], 0)
    for position in pairs {
      let (pair, score) = (scores.pair(position), scores.score(position))
      if !score.isKnown { unknown += 1 }
      let value = score.value.map { value in
        scale.map { min(max(value, $0.lowerBound), $0.upperBound) } ?? value
      }
      try text.append(
        scores.ids.user[pair.user], scores.ids.item[pair.item], value, isFirst: position == 0,
        to: &bytes)
    }
    return (bytes, unknown)
  }
}

extension LoadedModel {
  /// The scale that predictions can be kept within.
  ///
  /// - Parameter option: What asks for it.
  /// - Throws: `.usage` where predictions are no ratings.
  func ratingScale(for option: String) throws(Failure) -> ClosedRange<Float> {
    guard facts.hyperparameters.feedback == .explicit else {
      throw Failure(
        .usage, at: option, "a model of implicit feedback predicts preferences, not ratings",
        hint: "leave \(option) out")
    }
    return model.scale
  }
}

/// How pairs are written in the files that a command reads.
struct PairInputOptions: ParsableArguments {
  @Option(
    name: .customLong("input-format"),
    help: """
      Their format, as partition's --format: auto, csv, tsv, movielens or matrixmarket. \
      (default: auto)
      """)
  var format: RatingFormat?

  @Option(
    help: ArgumentHelp(
      """
      The columns of user and item, by number from 1 or by name in the header, in that order. \
      (default: by well-known names in the header, else 1,2)
      """, valueName: "user,item"))
  var columns: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether the first line is a header. (default: it is where it names user and item)")
  var header: Bool?

  /// - Throws: `.usage` where the columns are not understood.
  func source() throws(Failure) -> RatingSource {
    var source = RatingSource(format: format ?? .auto, withoutRating: true, hasHeader: header)
    if let columns { source.columns = try RatingSource.columns(columns, withoutRating: true) }
    return source
  }
}
