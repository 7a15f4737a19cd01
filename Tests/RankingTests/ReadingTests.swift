import BlockMatrix
import BlockStore
import Ranking
import TestSupport
import Testing
import Workers

/// Everything that answers from a model, as text: equal text is an equal answer.
struct Answering: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// - Parameter fileSystem: Where the model is read; nothing else goes through it.
  let answer: @Sendable (StoredModel, any FileSystem) throws(Failure) -> String

  static let all =
    [
      Answering(testDescription: "recommend") { stored, disk throws(Failure) in
        try recommend(LoadedModel.open(stored.model, in: disk, workers: 1), stored)
      },
      Answering(testDescription: "recommend from memory") { stored, disk throws(Failure) in
        try recommend(LoadedModel.open(stored.model, in: disk, workers: 1).held(), stored)
      },
      Answering(testDescription: "similar") { stored, disk throws(Failure) in
        let model = try LoadedModel.open(stored.model, in: disk).model
        var text: [UInt8] = []
        for side in Side.allCases {
          let rankings = try Neighbours(side, of: model).nearest(to: [2, 0], limit: 3, workers: 1)
          for (position, ranking) in rankings.enumerated() {
            try AnswerText.neighbours(.tsv, of: side, model.ids[side], ids: model.ids[side]).append(
              ranking, position: position, of: position == 0 ? 2 : 0, to: &text)
          }
        }
        return String(decoding: text, as: UTF8.self)
      },
      Answering(testDescription: "evaluate") { stored, disk throws(Failure) in
        let loaded = try LoadedModel.open(stored.model, in: disk)
        let ids = PerSide(
          user: IdTable(ids: ["ann", "bob", "eve"], counts: [1, 1, 1]),
          item: IdTable(ids: ["Dune", "Brazil", "Heat"], counts: [1, 1, 1]))
        let test = TestRatings(
          HoldoutRatings(users: [0, 1, 2], items: [0, 1, 2], values: [1, 2, 3]), ids: ids,
          model: loaded.model)
        let accuracy = try Accuracy.measure(loaded.model, on: test, clip: false, workers: 1)
        let metrics = try RankingMetrics.measure(
          Recommender(loaded.model), on: test, limit: 2, workers: 1)
        return "\(accuracy) \(metrics)"
      },
      Answering(testDescription: "recommend to new users") { stored, disk throws(Failure) in
        let loaded = try LoadedModel.open(stored.model, in: disk)
        let item = String(decoding: loaded.model.ids.item[1], as: UTF8.self)
        let new = try NewRows(
          .user, HoldoutRatings(users: [0], items: [0], values: [4]),
          ids: PerSide(
            user: IdTable(ids: ["eve"], counts: [1]), item: IdTable(ids: [item], counts: [1])),
          in: loaded, workers: 1)
        return "\(try new.model.rows.user.table().bits)"
      },
    ]
    + ExportFormat.allCases.map { format in
      Answering(testDescription: "export \(format)") { stored, disk throws(Failure) in
        let loaded = try LoadedModel.open(stored.model, in: disk)
        let folder = try TemporaryDirectory()
        try FactorExport(loaded).write(format, to: folder.file("out"), in: UnflushedFileSystem())
        return try PosixFileSystem().list(folder.file("out")).map { name throws(Failure) in
          "\(name) \(try folder.read("out/\(name)"))"
        }
        .joined()
      }
    } + [
      Answering(testDescription: "inspect") { stored, disk throws(Failure) in
        let found = try ModelDirectory.open(stored.model, in: disk).inspect(workers: 1)
        return "\(found?.facts.iteration ?? 0) \(found?.digest ?? "")"
      },
      Answering(testDescription: "go on training") { stored, disk throws(Failure) in
        let found = try ModelDirectory.open(stored.model, in: disk).newestGood()
        return "\(found?.number ?? 0) \(found?.factors.user.bits ?? [])"
      },
      Answering(testDescription: "plan to go on training") { stored, disk throws(Failure) in
        "\(try ModelDirectory.open(stored.model, in: disk).newestFacts()?.iteration ?? 0)"
      },
    ]

  private static func recommend(
    _ loaded: LoadedModel, _ stored: StoredModel
  ) throws(Failure) -> String {
    let model = loaded.model
    let text = AnswerText.recommendations(.tsv, ids: model.ids)
    var bytes: [UInt8] = []
    try Recommender(model).recommend(
      to: [2, 0, 1], limit: 2, workers: 1,
      transform: { _, rankings throws(Failure) in rankings },
      emit: { _, rankings throws(Failure) in
        for (ranking, user) in zip(rankings, [2, 0, 1] as [UInt32]) {
          try text.append(ranking, position: 0, of: user, to: &bytes)
        }
      })
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The worked model with a second generation of other factors.
func twoGenerations() throws(Failure) -> StoredModel {
  let stored = try StoredModel.tiny()
  try stored.commit(2, otherFactors(2))
  return stored
}

func otherFactors(_ seed: UInt64) throws(Failure) -> PerSide<FactorTable> {
  PerSide(
    user: try .random(rowCount: 3, rank: 2, seed: seed),
    item: try .random(rowCount: 4, rank: 2, seed: seed + 100))
}

@Suite struct `Whoever reads a model` {
  private let disk = PosixFileSystem()

  @Test(arguments: Answering.all)
  func `answers rightly, or not at all, whatever cannot be read now`(answering: Answering) throws {
    let stored = try twoGenerations()
    let right = try answering.answer(stored, disk)
    for code in [Failure.Code.io, .permission, .memory, .missingInput] {
      for isLasting in [false, true] {
        var firedCount = 0
        for number in 1...1000 {
          var fault = FaultyFileSystem.Fault(at: number, isLasting: isLasting)
          fault.failure = Failure(code, at: "disk", "injected fault")
          let faulty = FaultyFileSystem(disk, fault)
          do throws(Failure) {
            #expect(try answering.answer(stored, faulty) == right, "\(code) \(number)")
          } catch {
            // A missing file is damage where it stays away.
            let isDamage = code == .missingInput && error.code == .data && isLasting
            #expect(error.code == code || isDamage, "\(number): \(error)")
          }
          guard faulty.hasFired else { break }
          firedCount = number
        }
        #expect(firedCount > 3 && firedCount < 1000)
      }
    }
  }

  @Test(arguments: Answering.all.filter { !$0.testDescription.contains("training") })
  func `refuses ids that are not the model's, and names the file`(answering: Answering) throws {
    for side in Side.allCases {
      let stored = try twoGenerations()
      let names = TinyRatings.ids(side).map { String($0.reversed()) }
      try stored.replaceIds(side, names)
      let failure = #expect(throws: Failure.self) { try answering.answer(stored, disk) }
      #expect(failure?.code == .data)
      #expect(failure?.place == "\(stored.model)/\(side.plural).ids")
      #expect(
        failure?.message
          == "is not the file of ids that \(stored.model)/generations/00000002 was written with")
    }
  }

  @Test func `goes back to an older generation for damage alone, and never where that is refused`()
    throws
  {
    let stored = try twoGenerations()
    let name = "model/generations/00000002/users-00000.safetensors"
    var bytes = try stored.folder.read(name)
    bytes[bytes.count - 1] ^= 1
    try stored.folder.replace(name, with: bytes)
    let loaded = try LoadedModel.open(stored.model, in: disk)
    #expect(loaded.facts.iteration == 1 && loaded.refused.map(\.generation) == [2])
    let failure = #expect(throws: Failure.self) {
      try LoadedModel.open(stored.model, in: disk, strict: true)
    }
    #expect(failure?.code == .data && failure?.place.contains("users-00000.safetensors") == true)
  }

  @Test func `reads the generation that did best, or says that it is gone`() throws {
    let stored = try twoGenerations()
    try stored.commit(3, otherFactors(3), best: 2)
    #expect(try LoadedModel.open(stored.model, in: disk, strict: true).facts.iteration == 2)
    try disk.removeTree(stored.folder.file("model/generations/00000002"))
    let loaded = try LoadedModel.open(stored.model, in: disk)
    #expect(loaded.facts.iteration == 3 && loaded.refused.map(\.generation) == [2])
    #expect(throws: Failure.self) { try LoadedModel.open(stored.model, in: disk, strict: true) }
  }
}

@Suite struct `Whoever reads a model while it is trained` {
  /// Runs `meddle` after operation n, for every n, and compares the answer.
  private func sweep(
    _ answering: Answering, _ meddle: @escaping @Sendable (StoredModel) throws(Failure) -> Void
  ) throws {
    for number in 1...1000 {
      let stored = try twoGenerations()
      let before = try answering.answer(stored, PosixFileSystem())
      let problem = Locked<Failure?>(nil)
      let meddling = MeddlingFileSystem { operation in
        guard operation == number else { return }
        do throws(Failure) { try meddle(stored) } catch { problem.withLock { $0 = error } }
      }
      let found = try answering.answer(stored, meddling)
      #expect(problem.withLock { $0 } == nil)
      guard meddling.operationCount >= number else {
        #expect(found == before)
        return
      }
      let after = try answering.answer(stored, PosixFileSystem())
      #expect([before, after].contains(found), "after operation \(number)")
    }
    Issue.record("the sweep has no end")
  }

  @Test(arguments: Answering.all)
  func `looks again when what it read has gone`(answering: Answering) throws {
    try sweep(answering) { stored throws(Failure) in
      for number in [3, 4] { try stored.commit(number, otherFactors(UInt64(number))) }
      try ModelDirectory.open(stored.model, in: UnflushedFileSystem()).prune(keep: 1, sparing: nil)
    }
  }

  @Test(arguments: Answering.all)
  func `never mixes a model with the one that takes its place`(answering: Answering) throws {
    try sweep(answering) { stored throws(Failure) in try stored.startOver() }
  }

  @Test func `gives up where it is always too late`() throws {
    let stored = try twoGenerations()
    let next = Locked(2)
    let meddling = MeddlingFileSystem { _ in
      let number = next.withLock { next in
        next += 1
        return next
      }
      do throws(Failure) {
        try stored.commit(number, otherFactors(UInt64(number)))
        let model = try ModelDirectory.open(stored.model, in: UnflushedFileSystem())
        try model.prune(keep: 1, sparing: nil)
      } catch { Issue.record("\(error)") }
    }
    let failure = #expect(throws: Failure.self) { try LoadedModel.open(stored.model, in: meddling) }
    #expect(failure?.code == .io && failure?.message == "is changed faster than it can be read")
  }
}

extension StoredModel {
  /// Puts another file of ids, whole in itself, in the place of the model's.
  func replaceIds(_ side: Side, _ names: [String]) throws(Failure) {
    let disk = UnflushedFileSystem()
    try writeOtherPartition(side, names)
    try disk.removeFile(folder.file("model/\(side.plural).ids"))
    try disk.rename(
      folder.file("other.blocks/\(side.plural).ids"), to: folder.file("model/\(side.plural).ids"))
    try disk.removeTree(folder.file("other.blocks"))
  }

  /// Throws the model away and begins another in its place, on ratings with other ids of users.
  func startOver() throws(Failure) {
    let disk = UnflushedFileSystem()
    try writeOtherPartition(.user, ["x", "y", "z"])
    let partition = try Partition.open(folder.file("other.blocks"), in: disk)
    let store = try ModelDirectory.open(model, in: disk)
    try store.clear()
    try store.copyIds(from: partition)
    try Self.commit(1, to: store, of: partition, otherFactors(9))
  }

  /// The worked ratings with other names on one side.
  private func writeOtherPartition(_ side: Side, _ names: [String]) throws(Failure) {
    let matrix = TinyRatings.matrix
    let grids = PerSide(
      user: matrix.grid(.user, blockCount: 1), item: matrix.grid(.item, blockCount: 1))
    let writer = try PartitionWriter(folder.file("other.blocks"), in: UnflushedFileSystem())
    for each in Side.allCases {
      for block in matrix.blocks(each, grid: grids[each]) { try writer.write(block) }
      try writer.writeIds(
        each == side
          ? IdTable(ids: names, counts: matrix.counts(each)) : TinyRatings.idTable(each),
        side: each)
    }
    _ = try writer.commit(grids: grids, valuesGiven: true, duplicates: "error")
  }
}
