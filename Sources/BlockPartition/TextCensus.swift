import BlockMatrix
import RatingInput

/// What a text asks of memory: numbers that follow from it alone.
struct TextMeasure: Sendable {
  /// What all ids take, by ``PartitionMemory/idByteCount(count:length:)``.
  var idByteCount = 0
  var rowCount = 0
  /// Ratings from the time on at which the hold-out begins.
  var lateRowCount = 0
  /// Not fewer than there are.
  var userCount = 0
  /// The time of the newest rating; `nil` where times are not read.
  var newest: Int64?
  /// The most ratings of one user, and of one item.
  var longest = PerSide(user: 0, item: 0)
  /// After decompression.
  var byteCount = 0
}

/// Finds, in little memory, how much the ids of a text take, also where they are too many to be
/// kept, and how many ratings the longest rows have.
///
/// Ids are sampled by a hash, so that one counts once however often it comes. The more memory an id
/// takes, the likelier it is kept, in proportion; each kept one then stands for equally many bytes,
/// and few long ids are not missed (Horvitz and Thompson 1952). Each id's ratings are counted in a
/// counter that it may share with others: never too few. Neither depends on the order.
struct TextCensus: Sendable {
  /// The memory that each kept id takes, by its hash.
  private var kept: [UInt64: Int] = [:]
  /// An id that takes less is kept with the chance of its share in this.
  private var step = 1
  private var counters = PerSide { _ in [Int](repeating: 0, count: counterCount) }

  /// A sample of at least half as many is off by 0.8 %, as a rule.
  private static let mostKept = 1 << 15
  private static let counterCount = 1 << 16

  /// What all ids take: exactly while all are kept, then a few percent more than the truth.
  var idByteCount: Int {
    // Sums of whole numbers: the order of the sample does not matter.
    let sum = kept.values.reduce(0) { $0 + max($1, step) }
    guard kept.values.contains(where: { $0 < step }) else { return sum }
    // Six standard deviations: there is hardly any doubt that it is not less.
    return sum + Int(Double(sum) * 6 / Double(kept.count).squareRoot())
  }

  func longest(_ side: Side) -> Int { counters[side].max() ?? 0 }

  /// Adds ids with their ratings; an id may come again with others.
  mutating func add(_ ids: IdTable, _ side: Side) {
    for number in 0..<ids.count {
      let id = ids[number]
      let hash = StableHash.hash(id)
      counters[side][Int(hash % UInt64(Self.counterCount))] += Int(ids.counts[number])
      sample(
        side == .user ? hash : ~hash,
        PartitionMemory.idByteCount(count: 1, length: id.count))
    }
  }

  private mutating func sample(_ hash: UInt64, _ byteCount: Int) {
    guard isKept(hash, byteCount) else { return }
    kept[hash] = byteCount
    while kept.count > Self.mostKept {
      step *= 2
      kept = kept.filter { isKept($0.key, $0.value) }
    }
  }

  private func isKept(_ hash: UInt64, _ byteCount: Int) -> Bool {
    // The hash's upper half as a number from 0 up to 1, times the step.
    hash.multipliedFullWidth(by: UInt64(step)).high < byteCount
  }
}
