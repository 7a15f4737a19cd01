import BlockMatrix
import RatingInput

/// How `--memory` is shared out, and how much of it is enough.
///
/// While text is read, an eighth is for ratings, a quarter for the workers' buffers, and five
/// eighths for the ids. When all ids are known, half of what they leave is for ratings between
/// stages, and half for the workers' buffers. Ratings that do not fit go to spill files; ids have
/// to fit.
///
/// All follows from the text and the settings, never from which worker reads what: so the same
/// command either fits every time or never. The blocks do not depend on the workers at all.
struct PartitionMemory: Sendable {
  private var settings: PartitionSettings

  init(_ settings: PartitionSettings) { self.settings = settings }

  /// `nil` where there is no limit.
  var limit: Int? { settings.memory }

  /// Buffers for a rating while a cell or block is sorted, built and written: two sort buffers, the
  /// block, and what it is encoded to.
  static let workByteCountPerRating = 48

  /// For a rating of the hold-out, which is sorted and written in one piece: two sort buffers, then
  /// three columns and what they are encoded to.
  private static let holdoutByteCountPerRating = 36

  /// What an id takes beside its bytes: while text is read, a table of up to 43 bytes an id, its
  /// place and its count; when ids are numbered, place, count, order and index; when ratings are
  /// counted, a counter for each worker that counts.
  private static let idByteCount = 65

  /// The most workers that may count ratings where there is a limit.
  static let countingWorkers = 6

  /// For ratings while text is read.
  var readingLimit: Int? { limit.map { $0 / 8 } }

  /// Text that a worker takes at a time.
  ///
  /// With its ratings and its ids, none of them alike, it takes up to 14 times as much.
  var chunkByteCount: Int {
    guard let limit else { return InputLimits.chunkByteCount }
    return min(max(limit / (56 * settings.workers), 1 << 16), InputLimits.chunkByteCount)
  }

  /// What ids take, at the most of all stages.
  ///
  /// - Parameter length: Of all ids together; the bytes are there twice at times.
  static func idByteCount(count: Int, length: Int) -> Int { count * idByteCount + 2 * length }

  /// Whether ids that take so much leave room enough for text to be read.
  func holds(idByteCount: Int) -> Bool { limit.map { idByteCount <= $0 / 8 * 5 } ?? true }

  /// What is left for ratings, and as much again for workers' buffers, beside the ids; `nil` where
  /// there is no limit.
  func workByteCount(_ measure: TextMeasure) -> Int? {
    // A sixteenth stays free: for what was freed and not yet given back to the system, and for what
    // says where ratings are.
    limit.map { max(0, $0 / 16 * 15 - measure.idByteCount) / 2 }
  }

  /// What ratings may take that are held while the hold-out is written.
  func heldByteCount(besideHoldoutOf count: Int, work: Int) -> Int {
    min(work, max(0, 2 * work - count * Self.holdoutByteCountPerRating))
  }

  // MARK: What is enough

  /// Refuses a text for which the memory is not enough, naming what is.
  ///
  /// - Parameter holdsIds: Whether there was room for all ids.
  func check(_ measure: TextMeasure, holdsIds: Bool) throws(Failure) {
    let obstacle = obstacle(measure) ?? (holdsIds ? nil : Self.obstacle(ofIds: measure))
    guard let limit, let obstacle else { return }
    let enough = max(least(measure), (limit >> 20) + 1)
    throw Failure(
      .memory, setting: "memory", "\(limit) bytes are too few: \(obstacle)",
      hint: "give at least --memory \(enough)M")
  }

  /// Why the limit is not enough; `nil` where it is.
  private func obstacle(_ measure: TextMeasure) -> String? {
    guard let limit, let work = workByteCount(measure) else { return nil }
    guard holds(idByteCount: measure.idByteCount), work >= 1 << 14 else {
      return Self.obstacle(ofIds: measure)
    }
    let most = work / Self.workByteCountPerRating
    // Blocks weigh ratings and rows.
    let weight = measure.rowCount + measure.idByteCount / Self.idByteCount
    for side in Side.allCases {
      let longest = measure.longest[side]
      guard longest < most else { return "one \(side.rawValue) has \(longest) ratings" }
      guard let count = settings.blockCounts[side] else { continue }
      // A block goes on, at the most, for its share, and then for one row more.
      let largest = min(measure.rowCount, weight / count + 1 + longest)
      guard largest <= most else {
        return "with --\(side.rawValue)-blocks \(count), one can have \(largest) ratings"
      }
    }
    let heldOut = mostHeldOut(measure)
    guard heldOut * Self.holdoutByteCountPerRating <= 2 * work else {
      return "the hold-out can have \(heldOut) ratings"
    }
    // Of each piece and each cell it is told, in 4 bytes, where the ratings are: a mebibyte of that
    // the program has besides. Cells are doubled until the share of each, beside a longest row, is
    // small enough.
    let cells = 2 * weight / (most - max(measure.longest.user, measure.longest.item)) + 1
    let pieces = max(cells, measure.byteCount / chunkByteCount + 1)
    let (entries, overflow) = pieces.multipliedReportingOverflow(by: cells)
    return overflow || entries > limit / 64 + (1 << 18)
      ? "there are \(measure.rowCount) ratings" : nil
  }

  /// With hardly any doubt not less than the ratings that will be kept back: six standard
  /// deviations more than their share.
  private func mostHeldOut(_ measure: TextMeasure) -> Int {
    // All ratings of a pair are kept back together.
    let together =
      settings.duplicates == .keep ? min(measure.longest.user, measure.longest.item) : 1
    let pairs: (partialValue: Int, overflow: Bool)
    switch settings.holdout {
    case nil: return 0
    case .share(let share):
      let mean = share.fraction * Double(measure.rowCount)
      let variance = mean * (1 - share.fraction) * Double(together)
      return min(measure.rowCount, Int(mean + 6 * variance.squareRoot()) + 1)
    case .from: pairs = (measure.lateRowCount, false)
    case .last(let count): pairs = measure.userCount.multipliedReportingOverflow(by: count)
    }
    let (rows, overflow) = pairs.partialValue.multipliedReportingOverflow(by: together)
    return pairs.overflow || overflow ? measure.rowCount : min(measure.rowCount, rows)
  }

  private static func obstacle(ofIds measure: TextMeasure) -> String {
    "the ids take \(measure.idByteCount)"
  }

  /// The least limit that is enough, in mebibytes.
  private func least(_ measure: TextMeasure) -> Int {
    func isEnough(_ mebibytes: Int) -> Bool {
      var other = self
      other.settings.memory = mebibytes << 20
      return other.obstacle(measure) == nil
    }
    var step = 1
    while !isEnough(step), step < 1 << 40 { step *= 2 }
    var least = step
    // From above, bit by bit.
    while step > 1 {
      step /= 2
      if isEnough(least - step) { least -= step }
    }
    return least
  }
}
