import BlockMatrix
import BlockStore
import FoundationEssentials

/// Models that a tuning's record has measured in the same folds by the same metric.
package struct TuningComparison: Sendable {
  package struct Row: Sendable {
    package let settings: [String: String]
    /// By fold, as far as they were measured; `nil` where training diverged.
    package let values: [Double?]
    /// The mean over those folds; `nil` where training diverged in one of them.
    package let mean: Double?
    /// Of the mean; `nil` of fewer than two folds.
    package let standardError: Double?

    fileprivate init(_ settings: [String: String], _ values: [Double?]) {
      self.settings = settings
      self.values = values
      let known = values.compactMap(\.self)
      let count = Double(known.count)
      let mean = known.reduce(0, +) / count
      self.mean = known.count == values.count ? mean : nil
      let squares = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardError =
        known.count == values.count && count > 1
        ? (squares / (count - 1)).squareRoot() / count.squareRoot() : nil
    }
  }

  package let metric: String
  package let isClipped: Bool
  package let foldCount: Int
  package let iterations: Int
  /// Those measured in most folds first, and of them the best.
  package let rows: [Row]

  /// Reads what a record has of a partition's ratings.
  ///
  /// - Returns: In the order in which the record began with them.
  /// - Throws: `.missingInput` where there is none; `.data` where it is none, or damaged.
  package static func read(
    _ path: String, ratings digest: String, in fileSystem: any FileSystem
  ) throws(Failure) -> [TuningComparison] {
    guard let content = try CheckedLog(path, in: fileSystem).content() else {
      throw Failure(
        .missingInput, at: path, "does not exist", hint: "name the record that tune has written")
    }
    if let damage = content.damage, !content.isTorn || content.lines.isEmpty {
      throw Failure(
        .data, at: "\(path), offset \(content.byteCount)", damage,
        hint: "name the record that tune has written")
    }
    let decoder = JSONDecoder()
    var comparisons: [(line: Line, rows: [[String: String]: [Double?]])] = []
    for (number, text) in content.lines.enumerated() {
      guard let line = try? decoder.decode(Line.self, from: Data(text.utf8)) else {
        throw Failure(
          .data, at: "\(path):\(number + 1)", "is no line of a tuning's record",
          hint: "name the record that tune has written")
      }
      guard line.ratings == digest else { continue }
      let position = comparisons.firstIndex { $0.line.isAlike(line) } ?? comparisons.count
      if position == comparisons.count { comparisons.append((line, [:])) }
      comparisons[position].rows[line.settings, default: []].append(line.value)
    }
    return comparisons.map { TuningComparison($0.line, $0.rows) }
  }

  private init(_ line: Line, _ values: [[String: String]: [Double?]]) {
    metric = line.metric
    isClipped = line.clip
    foldCount = line.folds
    iterations = line.iterations
    let sign = line.metric == "rmse" ? 1.0 : -1
    let rows = values.map { Row($0.key, $0.value) }
    // Settings last, so that nothing depends on the order of a dictionary.
    func place(_ row: Row) -> (Int, Double, String) {
      (
        -row.values.count, row.mean.map { $0 * sign } ?? .infinity,
        row.settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(
          separator: "\n")
      )
    }
    self.rows = rows.map { ($0, place($0)) }.sorted { $0.1 < $1.1 }.map(\.0)
  }

  private struct Line: Decodable {
    let ratings: String
    let folds: Int
    let foldSeed: String
    let iterations: Int
    let tolerance: Double?
    let metric: String
    let clip: Bool
    let settings: [String: String]
    let value: Double?

    func isAlike(_ other: Line) -> Bool {
      folds == other.folds && foldSeed == other.foldSeed && iterations == other.iterations
        && tolerance == other.tolerance && metric == other.metric && clip == other.clip
    }
  }
}
