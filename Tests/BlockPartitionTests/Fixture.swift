import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput
import TestSupport

/// A line of ratings.
struct Line: Equatable {
  var user: String
  var item: String
  var value: Float
}

/// Numbers that come again for the same seed.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 1
    return SplitMix64.mix(state)
  }
}

/// Text of ratings, and what becomes of it.
struct Fixture {
  let directory: TemporaryDirectory

  init() throws(Failure) { directory = try TemporaryDirectory() }

  /// Power-law ratings; pairs come again where `repeats` says so.
  static func lines(_ count: Int, users: Int, items: Int, repeats: Bool, seed: UInt64) -> [Line] {
    var generator = Generator(state: seed)
    var seen: Set<[Int]> = []
    var lines: [Line] = []
    while lines.count < count {
      let user = Int.random(in: 0..<users, using: &generator)
      let item = Int.random(in: 0...Int.random(in: 0..<items, using: &generator), using: &generator)
      guard repeats || seen.insert([user, item]).inserted else { continue }
      let value = Float(Int.random(in: -4...10, using: &generator)) / 2
      lines.append(Line(user: "user \(user)", item: "i\(item)", value: value))
    }
    return lines
  }

  static func text(_ lines: [Line]) -> String {
    lines.reduce(into: "user,item,rating\n") { $0 += "\($1.user),\($1.item),\($1.value)\n" }
  }

  /// Writes lines to a new file and returns its path.
  func write(_ lines: [Line], to name: String) throws(Failure) -> String {
    try directory.write(Self.text(lines), to: name)
  }

  /// Partitions files into a new directory.
  @discardableResult
  func partition(
    _ inputs: [String], to name: String, in fileSystem: any FileSystem = PosixFileSystem(),
    _ change: (inout PartitionSettings) -> Void = { _ in }
  ) throws(Failure) -> (facts: PartitionFacts, summary: PartitionSummary) {
    var settings = PartitionSettings()
    settings.workers = 2
    change(&settings)
    return try Partitioner.run(
      settings, inputs: inputs, output: directory.file(name), in: fileSystem)
  }

  /// Reads a partition back: the training ratings by id, from users' blocks and from items'.
  func lines(of name: String) throws(Failure) -> PerSide<[Line]> {
    let partition = try Partition.open(directory.file(name), in: PosixFileSystem())
    let ids = PerSide(user: try partition.readIds(.user), item: try partition.readIds(.item))
    func text(_ side: Side, _ index: Int) -> String {
      String(decoding: ids[side][index], as: UTF8.self)
    }
    var lines = PerSide<[Line]>(user: [], item: [])
    for side in Side.allCases {
      for number in 0..<partition.facts.grids[side].blockCount {
        let block = try partition.readBlock(number, of: side)
        for row in 0..<block.rowCount {
          for position in block.ratings(ofRow: row) {
            let own = text(side, block.firstIndex + row)
            let other = text(side.opposite, Int(block.columns[position]))
            lines[side].append(
              Line(
                user: side == .user ? own : other, item: side == .user ? other : own,
                value: block.value(at: position)))
          }
        }
      }
    }
    return lines
  }
}

extension [Line] {
  /// By ids, then values.
  var ordered: [Line] { sorted { ($0.user, $0.item, $0.value) < ($1.user, $1.item, $1.value) } }
}

/// The failure of a call, or nothing where it succeeds.
func failure(_ body: () throws(Failure) -> Void) -> Failure? {
  do throws(Failure) {
    try body()
    return nil
  } catch {
    return error
  }
}
