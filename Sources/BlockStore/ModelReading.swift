import BlockMatrix
import Workers

// How a model is read, also while it is trained.
//
// Readers hold no lock. Whatever they read is immutable as long as it is there, but it may go at
// any moment: training renames a generation and then removes it, and starting over removes the ids.
extension ModelDirectory {
  /// A generation that was passed over, and why.
  package typealias Refusal = (generation: Int, failure: Failure)

  /// How often a reader looks before it gives up.
  ///
  /// A look fails where training commits and prunes between two calls of the reader: that happens
  /// now and then, and not a hundred times in a row.
  private static let mostLooks = 100

  /// Looks at the model until nothing is wrong, or the same is wrong twice in a row.
  ///
  /// Damage stays where it is. What training has removed or replaced meanwhile is gone at the next
  /// look, and in its place stands something newer.
  ///
  /// - Parameter look: Reads from the beginning; what it passes over goes into its argument.
  /// - Throws: At once what is no damage: what the operating system cannot read now may be whole,
  ///   and nothing else must be taken for it.
  package func settled<Output>(
    _ look: (inout [Refusal]) throws(Failure) -> Output
  ) throws(Failure) -> (output: Output, refused: [Refusal]) {
    var before: [Failure] = []
    for _ in 0..<Self.mostLooks {
      var refused: [Refusal] = []
      var thrown: Failure?
      var output: Output?
      do throws(Failure) { output = try look(&refused) } catch {
        guard error.isDamage else { throw error }
        thrown = error
      }
      let found = refused.map(\.failure) + (thrown.map { [$0] } ?? [])
      if found.isEmpty || found == before {
        if let output { return (output, refused) }
        if let thrown { throw thrown }
      }
      before = found
    }
    throw Failure(
      .io, at: directory, "is changed faster than it can be read",
      hint: "run the same command again")
  }

  /// Reads the newest generation that can be read.
  ///
  /// - Parameters:
  ///   - refused: Takes those that are damaged, the newest first; they are not removed.
  ///   - read: Fails where the generation is not whole.
  /// - Returns: `nil` where there is no generation at all.
  /// - Throws: `.data` where all are damaged.
  package func newest<Output>(
    refused: inout [Refusal], _ read: (StoredGeneration) throws(Failure) -> Output
  ) throws(Failure) -> Output? {
    for number in try generations() {
      do throws(Failure) { return try read(open(generation: number)) } catch {
        guard error.isDamage else { throw error }
        refused.append((number, error))
      }
    }
    guard let newest = refused.first else { return nil }
    throw Self.noneIsWhole(newest.failure, of: refused.count)
  }

  /// Reads the generation that a model stands for, every byte checked: the newest that is whole;
  /// where training watched a hold-out to stop in time, the one that did best on it.
  ///
  /// - Returns: `nil` where there is no generation at all.
  /// - Throws: As ``newest(refused:_:)``.
  package func chosen(
    refused: inout [Refusal], workers: Int
  ) throws(Failure) -> (facts: GenerationFacts, rows: PerSide<FactorRows>)? {
    func check(
      _ generation: StoredGeneration
    ) throws(Failure) -> (facts: GenerationFacts, rows: PerSide<FactorRows>) {
      (generation.facts, try generation.checkedRows(workers: workers))
    }
    guard let newest = try newest(refused: &refused, check) else { return nil }
    guard let best = newest.facts.best, best != newest.facts.iteration else { return newest }
    do throws(Failure) { return try check(open(generation: best)) } catch {
      guard error.isDamage else { throw error }
      refused.append((best, error))
      return newest
    }
  }

  package static func noneIsWhole(_ newest: Failure, of count: Int) -> Failure {
    Failure(
      .data, at: newest.place, "\(newest.message); no other of \(count) generations is whole",
      hint: "restore a generation, or start over with --fresh")
  }

  /// Opens a generation; only its manifest is checked.
  package func open(generation number: Int) throws(Failure) -> StoredGeneration {
    StoredGeneration(
      try facts(ofGeneration: number), in: path(ofGeneration: number), fileSystem)
  }

  /// Whether a generation that was listed has been removed.
  func isGone(_ number: Int) throws(Failure) -> Bool {
    try fileSystem.status(path(ofGeneration: number)) == nil
  }

  /// A generation's manifest, its facts fitting each other.
  package func facts(ofGeneration number: Int) throws(Failure) -> GenerationFacts {
    let path = "\(path(ofGeneration: number))/\(Manifest.fileName)"
    let facts = try Manifest.read(
      GenerationFacts.self, .generation, path, entryCount: number, in: fileSystem)
    if let rule = facts.brokenRule(generation: number) { throw Manifest.damaged(path, 0, rule) }
    return facts
  }

  /// The newest manifest that is whole; factors are not looked at.
  ///
  /// - Returns: `nil` where there is no generation at all.
  package func newestFacts() throws(Failure) -> GenerationFacts? {
    try settled { refused throws(Failure) in
      try newest(refused: &refused) { generation throws(Failure) in generation.facts }
    }
    .output
  }

  /// Reads the newest generation that is whole into memory, to go on with it.
  ///
  /// - Returns: `nil` where there is no generation at all.
  /// - Throws: `.data` where all are damaged; at once what the operating system cannot read: to go
  ///   on from an older generation for it would lose work.
  package func newestGood() throws(Failure) -> (
    number: Int, facts: GenerationFacts, factors: PerSide<FactorTable>, refused: [Refusal]
  )? {
    let (found, refused) = try settled { refused throws(Failure) in
      try newest(refused: &refused) { generation throws(Failure) in
        (
          generation.facts,
          PerSide(user: try generation.readTable(.user), item: try generation.readTable(.item))
        )
      }
    }
    guard let (facts, factors) = found else { return nil }
    remember(good: facts.iteration)
    return (facts.iteration, facts, factors, refused)
  }

  /// Whether every file of a generation is as its manifest says.
  func isWhole(_ number: Int) throws(Failure) -> Bool {
    if good.withLock({ $0.contains(number) }) { return true }
    do throws(Failure) {
      let generation = try open(generation: number)
      for side in Side.allCases {
        for block in generation.facts.shards[side].indices {
          try generation.check(side, block: block)
        }
      }
    } catch {
      guard error.isDamage else { throw error }
      return false
    }
    remember(good: number)
    return true
  }

  /// What can be said of a model without its ids, every byte of the newest whole generation read.
  ///
  /// - Returns: `nil` where there is no generation at all.
  /// - Throws: As ``newestGood()``; `.data` also where the ids are not the generation's.
  package func inspect(workers: Int) throws(Failure) -> (
    generations: [Int], facts: GenerationFacts, digest: String, refused: [Refusal]
  )? {
    let (found, refused) = try settled { refused throws(Failure) in
      let generations = try generations()
      let newest = try newest(refused: &refused) { generation throws(Failure) in
        (
          generations: generations, facts: generation.facts,
          digest: try Digest.factors(generation.checkedRows(workers: workers))
        )
      }
      if let facts = newest?.facts {
        for side in Side.allCases { try requireIds(side, of: facts) }
      }
      return newest
    }
    return found.map { ($0.generations, $0.facts, $0.digest, refused) }
  }

  // MARK: Ids

  private func idPath(_ side: Side) -> String { "\(directory)/\(IdShard.fileName(side))" }

  /// The bytes that reading a side's ids takes.
  package func memoryOfIds(_ side: Side, of facts: GenerationFacts) throws(Failure) -> Int {
    try IdShard.memory(idPath(side), rowCount: facts.rowCount(of: side), in: fileSystem)
  }

  /// Checks that the model's ids of a side are those that a generation was written with.
  ///
  /// Another partition's of the same number would give every row a wrong name.
  ///
  /// - Throws: `.data` naming the file.
  package func requireIds(_ side: Side, of facts: GenerationFacts) throws(Failure) {
    let path = idPath(side)
    guard try fileFacts(path) != facts.ids[side] else { return }
    // Say which of both it is: damaged, or another partition's.
    _ = try readIds(side)
    throw foreignIds(side, of: facts)
  }

  /// A file of ids that is whole, but not a generation's.
  func foreignIds(_ side: Side, of facts: GenerationFacts) -> Failure {
    Failure(
      .data, at: idPath(side),
      "is not the file of ids that \(path(ofGeneration: facts.iteration)) was written with",
      hint: "restore it, or copy it from the partition that the model was trained on")
  }

  /// Reads the model's ids of a side, which have to be those that a generation was written with.
  package func readIds(_ side: Side, of facts: GenerationFacts) throws(Failure) -> IdTable {
    try requireIds(side, of: facts)
    let table = try IdShard.read(
      idPath(side), side: side, expected: facts.ids[side], in: fileSystem)
    guard table.count == facts.rowCount(of: side) else {
      throw Failure(
        .data, at: "\(idPath(side)), header, offset 32",
        "has \(table.count) ids, \(path(ofGeneration: facts.iteration)) has "
          + "\(facts.rowCount(of: side)) rows",
        hint: ShardFile.damageHint)
    }
    return table
  }
}

extension Failure {
  /// Whether a file breaks a rule, or is missing where it should be: looking again changes nothing,
  /// unless somebody changes the file.
  ///
  /// What the operating system cannot read now is no damage.
  package var isDamage: Bool { code == .data || code == .missingInput }
}
