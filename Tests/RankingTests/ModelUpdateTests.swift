import BlockMatrix
import BlockStore
import Ranking
import TestSupport
import Testing

/// New rows that stay in a model.
@Suite struct `A model that is updated` {
  private let stored: StoredModel
  private let loaded: LoadedModel

  init() throws {
    stored = try StoredModel.tiny()
    loaded = try LoadedModel.open(stored.model, in: PosixFileSystem())
  }

  /// eve and dan are new, zoë is known; dan has rated nothing that the model knows.
  private func newUsers(zoë: Bool = false) throws -> NewRows {
    let users = ["eve", "dan", "eve", "fay"] + (zoë ? ["zoë"] : [])
    let items = ["Dune", "Solaris", "Alien", "Casablanca"] + (zoë ? ["Brazil"] : [])
    return try rows(.user, users, items)
  }

  private func rows(_ side: Side, _ users: [String], _ items: [String]) throws -> NewRows {
    func numbered(_ names: [String]) -> (IdTable, [UInt32]) {
      var different: [String] = []
      for name in names where !different.contains(name) { different.append(name) }
      return (
        IdTable(ids: different, counts: different.map { _ in 1 }),
        names.map { name in UInt32(different.firstIndex(of: name) ?? 0) }
      )
    }
    let (userIds, userNumbers) = numbered(users)
    let (itemIds, itemNumbers) = numbered(items)
    return try NewRows(
      side,
      HoldoutRatings(
        users: userNumbers, items: itemNumbers,
        values: users.indices.map { Float($0 % 5 + 1) }),
      ids: PerSide(user: userIds, item: itemIds), in: loaded, workers: 1)
  }

  private func update(
    _ new: NewRows, replacing: Bool = false, to name: String = "m2",
    in fileSystem: any FileSystem = PosixFileSystem()
  ) throws(Failure) -> Bool {
    try ModelUpdate(new, to: loaded, replacing: replacing, workers: 1)
      .write(to: stored.folder.file(name), in: fileSystem)
  }

  private func names(_ ids: IdTable) -> [String] {
    (0..<ids.count).map { String(decoding: ids[$0], as: UTF8.self) }
  }

  @Test func `has the new rows behind its own, which stay as they were`() throws {
    let new = try newUsers()
    #expect(try update(new) == false)
    let path = stored.folder.file("m2")
    let found = try LoadedModel.open(path, in: PosixFileSystem(), strict: true)
    #expect(names(found.model.ids.user) == ["ann", "zoë", "bob", "eve", "fay"])
    #expect(found.model.ids.user.counts.suffix(2) == [2, 1])
    #expect(found.model.ids.item == loaded.model.ids.item)
    let (before, after) = (
      try loaded.model.rows.user.table().bits, try found.model.rows.user.table().bits
    )
    let solved = try new.model.rows.user.table().bits
    #expect(after == before + [solved[0], solved[2]])
    #expect(
      try found.model.rows.item.table().bits == loaded.model.rows.item.table().bits)
    #expect(found.facts.later?.added == PerSide(user: 2, item: 0))
    #expect(try Verification.run(path, in: PosixFileSystem(), workers: 1).failures.isEmpty)
  }

  @Test func `takes new items in the same way, and more after them`() throws {
    #expect(
      try update(try rows(.item, ["ann", "bob", "nobody"], ["Heat", "Heat", "Ran"])) == false)
    let once = try LoadedModel.open(stored.folder.file("m2"), in: PosixFileSystem())
    #expect(names(once.model.ids.item).last == "Heat" && once.model.ids.item.count == 5)
    let users = IdTable(ids: ["eve"], counts: [1])
    let more = try NewRows(
      .user, HoldoutRatings(users: [0], items: [0], values: [4]),
      ids: PerSide(user: users, item: IdTable(ids: ["Heat"], counts: [1])), in: once, workers: 1)
    _ = try ModelUpdate(more, to: once, replacing: false, workers: 1)
      .write(to: stored.folder.file("m3"), in: PosixFileSystem())
    let twice = try LoadedModel.open(stored.folder.file("m3"), in: PosixFileSystem())
    #expect(twice.facts.later?.added == PerSide(user: 1, item: 1))
    #expect(twice.model.ids.user.count == 4)
  }

  @Test func `keeps rows that it has, unless they are to be replaced`() throws {
    let new = try newUsers(zoë: true)
    do throws(Failure) {
      _ = try update(new)
      Issue.record("zoë was given other factors")
    } catch {
      #expect(error.code == .data && error.place == "user \"zoë\"")
    }
    #expect(try PosixFileSystem().status(stored.folder.file("m2")) == nil)
    _ = try update(new, replacing: true)
    let found = try LoadedModel.open(stored.folder.file("m2"), in: PosixFileSystem())
    let place = try #require(IdLookup(new.model.ids.user).index(of: Array("zoë".utf8)))
    #expect(
      try found.model.rows.user.table().bits[1] == new.model.rows.user.table().bits[place])
    #expect(found.model.ids.user.counts[1] == 1)
    #expect(found.facts.later?.replaced == PerSide(user: 1, item: 0))
  }

  @Test func `leaves out what its partition knows, and has nothing to leave out of a new row`()
    throws
  {
    _ = try update(try newUsers())
    let found = try LoadedModel.open(stored.folder.file("m2"), in: PosixFileSystem())
    let partition = try Partition.open(stored.partition, in: PosixFileSystem())
    let seen = try found.seenRatings(of: partition)
    #expect(seen.isOwn)
    let before = try loaded.seenRatings(of: partition).columns(ofRows: [0, 1, 2])
    let after = try seen.columns(ofRows: [0, 1, 2, 3, 4])
    for user in 0..<3 { #expect(after[user] == before[user]) }
    #expect(after[3].isEmpty && after[4].isEmpty)
    do throws(Failure) {
      _ = try Explainer(3, of: found, ratings: partition, workers: 1)
      Issue.record("a score was explained by ratings that are not there")
    } catch {
      #expect(error.code == .mismatch)
    }
    _ = try Explainer(0, of: found, ratings: partition, workers: 1)
  }

  @Test func `is written once: the same again is there already, another is refused`() throws {
    #expect(try update(try newUsers()) == false)
    #expect(try update(try newUsers()) == true)
    let (other, same) = (try newUsers(zoë: true), try newUsers())
    do throws(Failure) {
      _ = try update(other, replacing: true)
      Issue.record("another model was taken for it")
    } catch {
      #expect(error.code == .output)
    }
    do throws(Failure) {
      _ = try update(same, to: "model")
      Issue.record("the model itself was taken for it")
    } catch {
      #expect(error.code == .output)
    }
  }

  private func isCommitted(_ path: String) throws -> Bool {
    guard try PosixFileSystem().status(path + "/generations") != nil else { return false }
    return try !ModelDirectory.open(path, in: PosixFileSystem()).generations().isEmpty
  }

  /// Every call of the operating system fails once, and from then on.
  @Test(arguments: [false, true])
  func `is whole or not there when a call fails, and the next run ends`(isLasting: Bool) throws {
    let new = try newUsers()
    _ = try update(new, to: "expected")
    let digest = try Digest.factors(
      LoadedModel.open(stored.folder.file("expected"), in: PosixFileSystem()).model.rows)
    var at = 1
    while true {
      let faulty = FaultyFileSystem(
        PosixFileSystem(), FaultyFileSystem.Fault(at: at, isLasting: isLasting))
      let outcome = Result { try update(new, to: "m\(at)", in: faulty) }
      guard faulty.hasFired else { break }
      let path = stored.folder.file("m\(at)")
      // A failure after the commit leaves the whole model, one before it none.
      if case .failure = outcome, try isCommitted(path) {
        let model = try LoadedModel.open(path, in: PosixFileSystem(), strict: true).model
        #expect(try Digest.factors(model.rows) == digest)
      }
      _ = try update(new, to: "m\(at)")
      let found = try LoadedModel.open(path, in: PosixFileSystem(), strict: true)
      #expect(
        try Digest.factors(found.model.rows) == digest, "after \(faulty.operations[at - 1])")
      at += 1
    }
    #expect(at > 20, "only \(at) operations")
  }
}
