import BlockMatrix
import FoundationEssentials

// Every rule of a model's files, and of how they fit each other.
extension Verification {
  /// Checks a model: every generation, the ids, the log.
  ///
  /// - Throws: `.memory`; damage is reported, not thrown.
  static func model(
    _ directory: String, in fileSystem: any FileSystem
  ) throws(Failure) -> Verification {
    var verification = Verification(.model, directory)
    let model = try ModelDirectory.open(directory, in: fileSystem)
    let generations = try model.generations()
    if generations.isEmpty { verification.notes.append("\(directory) has no generation yet") }
    let ids = PerSide(
      user: try verification.checkIds(.user, of: model, isNeeded: !generations.isEmpty),
      item: try verification.checkIds(.item, of: model, isNeeded: !generations.isEmpty))
    for number in generations {
      try verification.checkGeneration(number, of: model, ids)
    }
    try verification.checkLog(of: model, newest: generations.first)
    try verification.noteLeftovers(of: model)
    return verification
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

  private mutating func checkGeneration(
    _ number: Int, of model: ModelDirectory, _ ids: PerSide<Ids?>
  ) throws(Failure) {
    let folder = model.path(ofGeneration: number)
    let found = check(0) { () throws(Failure) in try model.facts(ofGeneration: number) }
    guard let facts = found else { return }
    let failuresBefore = failures.count
    for side in Side.allCases {
      for (block, file) in facts.shards[side].enumerated() {
        _ = check(file.byteCount) { () throws(Failure) in
          try facts.shard(side, block: block).read(
            model.path(of: side, block: block, facts), expected: file, into: nil,
            in: model.fileSystem)
        }
      }
      if let ids = ids[side] {
        require(
          ids.file == facts.ids[side], at: "\(directory)/\(IdShard.fileName(side))",
          "is not the file of ids that \(folder) was written with")
        require(
          ids.count == facts.rowCount(of: side), at: "\(directory)/\(IdShard.fileName(side))",
          "has \(ids.count) ids, \(folder) has \(facts.rowCount(of: side)) rows")
      }
    }
    if digest == nil, failures.count == failuresBefore {
      digest = try Digest.factors(
        PerSide(
          user: try model.readFactors(.user, generation: number),
          item: try model.readFactors(.item, generation: number)))
    }
  }

  /// A line of the log, as far as every line has the same members.
  private struct LogLine: Decodable {
    let event: String
    let iteration: Int?
  }

  /// Checks each line, and that the log reaches the newest generation: it was flushed before that
  /// generation was committed.
  private mutating func checkLog(of model: ModelDirectory, newest: Int?) throws(Failure) {
    guard let content = try model.log.content() else {
      return notes.append("\(directory) has no training.jsonl; nothing needs it")
    }
    let path = model.log.path
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
        if line.event == "iteration" { last = line.iteration ?? last }
      } catch {
        failures.append(
          Failure(.data, at: "\(path), line \(number + 1)", "is no JSON object with an event"))
      }
    }
    if let newest, last < newest, content.damage == nil {
      failures.append(
        Failure(
          .data, at: "\(path), offset \(content.byteCount)",
          "ends after iteration \(last), before generation \(newest)"))
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
