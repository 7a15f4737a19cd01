import BlockMatrix
import FoundationEssentials

// Every rule of a model's files, and of how they fit each other.
extension Verification {
  /// Checks a model: every generation, the ids, the log.
  ///
  /// - Throws: `.io` where training changes the model faster than it can be read; damage is
  ///   reported, not thrown.
  static func model(
    _ directory: String, in fileSystem: any FileSystem
  ) throws(Failure) -> Verification {
    let model = try ModelDirectory.open(directory, in: fileSystem)
    return try model.settled { doubts throws(Failure) in
      var verification = Verification(.model, directory)
      try verification.look(at: model)
      // Training may have removed what is missing, or written what does not fit.
      doubts = verification.failures.filter(\.isDamage).map { (0, $0) }
      return verification
    }
    .output
  }

  /// Checks what is there now.
  private mutating func look(at model: ModelDirectory) throws(Failure) {
    let generations = try model.generations()
    if generations.isEmpty { notes.append("\(directory) has no generation yet") }
    let ids = try PerSide { side throws(Failure) in
      try checkIds(side, of: model, isNeeded: !generations.isEmpty)
    }
    var newest: GenerationFacts?
    var checkedCount = 0
    for number in generations {
      // On a copy: what is found of a generation that goes meanwhile is forgotten with it.
      var looked = self
      let facts = try looked.checkGeneration(number, of: model, ids)
      // One that went meanwhile is no longer the model's, and nobody misses it.
      if looked.failures.count > failures.count, try model.isGone(number) { continue }
      newest = newest ?? facts
      checkedCount += 1
      self = looked
    }
    require(
      checkedCount > 0 || generations.isEmpty, at: model.generationsDirectory,
      "has lost its generations while they were read")
    try checkLog(of: model, newest: newest, reaching: generations.first)
    try noteLeftovers(of: model)
  }

  /// A side's ids and the facts of their file.
  private struct Ids {
    let count: Int
    let file: FileFacts
  }

  private mutating func checkIds(
    _ side: Side, of model: ModelDirectory, isNeeded: Bool
  ) throws(Failure) -> Ids? {
    let path = "\(directory)/\(IdShard.fileName(side))"
    let status = try model.fileSystem.status(path)
    guard isNeeded || status != nil else { return nil }
    return check(status?.byteCount ?? 0) { () throws(Failure) in
      Ids(count: try model.readIds(side).count, file: try model.fileFacts(path))
    }
  }

  /// - Returns: The generation's facts where it is whole.
  private mutating func checkGeneration(
    _ number: Int, of model: ModelDirectory, _ ids: PerSide<Ids?>
  ) throws(Failure) -> GenerationFacts? {
    let failuresBefore = failures.count
    let found = check(0) { () throws(Failure) in try model.open(generation: number) }
    guard let generation = found else { return nil }
    let facts = generation.facts
    var pieces = PerSide(
      user: [[FactorShard.PieceChecksum]](), item: [[FactorShard.PieceChecksum]]())
    for side in Side.allCases {
      for (block, file) in facts.shards[side].enumerated() {
        let checked = check(file.byteCount) { () throws(Failure) in
          try generation.check(side, block: block)
        }
        pieces[side].append(checked ?? [])
      }
      if let ids = ids[side] {
        if ids.file != facts.ids[side] { failures.append(model.foreignIds(side, of: facts)) }
        require(
          ids.count == facts.rowCount(of: side), at: "\(directory)/\(IdShard.fileName(side))",
          "has \(ids.count) ids, \(model.path(ofGeneration: number)) has "
            + "\(facts.rowCount(of: side)) rows")
      }
    }
    guard failures.count == failuresBefore else { return nil }
    if digest == nil {
      digest = try Digest.factors(
        PerSide { .stored(StoredFactors($0, of: generation, pieces: pieces[$0])) })
    }
    return facts
  }

  /// A line of the log, as far as it can be held against a generation.
  private struct LogLine: Decodable {
    let event: String
    let iteration: Int?
    let objective: Double?
    let rmse: Double?
    let holdoutRmse: Double?
    let holdoutMetric: Double?
  }

  /// Checks each line, that the log is this model's, and that it reaches the newest generation: it
  /// was flushed before that generation was committed.
  ///
  /// - Parameters:
  ///   - newest: The newest generation that is whole.
  ///   - iteration: What the log has to reach.
  private mutating func checkLog(
    of model: ModelDirectory, newest: GenerationFacts?, reaching iteration: Int?
  ) throws(Failure) {
    let path = model.log.path
    let read: CheckedLog.Content?
    do throws(Failure) { read = try model.log.content() } catch { return failures.append(error) }
    guard let content = read else {
      return notes.append("\(directory) has no training.jsonl; nothing needs it")
    }
    fileCount += 1
    byteCount += content.byteCount
    if let damage = content.damage {
      failures.append(
        Failure(
          .data, at: "\(path), offset \(content.byteCount)", damage,
          hint: content.isTorn
            ? "the next training cuts it off" : "the next training sets the damaged log aside"))
    }
    var last = 0
    for (number, line) in content.lines.enumerated() {
      do {
        let line = try JSONDecoder().decode(LogLine.self, from: Data(line.utf8))
        guard line.event == "iteration" else { continue }
        last = line.iteration ?? last
        if let newest, let difference = Self.difference(line, from: newest) {
          failures.append(
            Failure(
              .data, at: "\(path), line \(number + 1)", difference,
              hint: "it is the log of another model: remove it, nothing needs it"))
        }
      } catch {
        failures.append(
          Failure(.data, at: "\(path), line \(number + 1)", "is no JSON object with an event"))
      }
    }
    if let iteration, last < iteration, content.damage == nil {
      failures.append(
        Failure(
          .data, at: "\(path), offset \(content.byteCount)",
          "ends after iteration \(last), before generation \(iteration)"))
    }
  }

  /// Where a line of the log says of an iteration something else than a generation, whose history
  /// was written at the same time from the same numbers.
  private static func difference(_ line: LogLine, from facts: GenerationFacts) -> String? {
    guard let iteration = line.iteration, iteration >= 1, iteration <= facts.history.count else {
      return nil
    }
    let record = facts.history[iteration - 1]
    let pairs: [(name: String, log: Double?, generation: Double?)] = [
      ("objective", line.objective, record.objective), ("rmse", line.rmse, record.rmse),
      ("holdoutRmse", line.holdoutRmse, record.holdoutRmse),
      ("holdoutMetric", line.holdoutMetric, record.holdoutMetric),
    ]
    return pairs.first { $0.log != nil && $0.log != $0.generation }.map { name, log, generation in
      "iteration \(iteration) has \(name) \(log ?? .nan), generation \(facts.iteration) has "
        + "\(generation.map { "\($0)" } ?? "none")"
    }
  }

  private mutating func noteLeftovers(of model: ModelDirectory) throws(Failure) {
    let folder = model.generationsDirectory
    for name in try model.fileSystem.list(folder) where name.utf8.count != 8 || Int(name) == nil {
      let what =
        name.hasSuffix(".damaged")
        ? "a damaged generation that was set aside"
        : "no generation; the next training removes what it left itself"
      notes.append("\(folder)/\(printable(name.utf8)) is \(what)")
    }
  }
}
