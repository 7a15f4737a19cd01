import BlockMatrix

// What the holder of a model's lock does beside writing generations.
extension ModelDirectory {
  /// Takes over a partition's files of ids, unless the model has the same already.
  ///
  /// - Throws: `.mismatch` where the model has other ids.
  package func copyIds(from partition: Partition) throws(Failure) {
    for side in Side.allCases {
      let target = "\(directory)/\(IdShard.fileName(side))"
      let expected = partition.facts.ids[side]
      if try fileSystem.status(target) != nil {
        guard try fileFacts(target) != expected else { continue }
        // Say which of both it is: damaged, or another partition's.
        _ = try readIds(side)
        throw Failure(
          .mismatch, at: target, "is not the file of ids of \(partition.directory)",
          hint: "train on the same partition, or start over with --fresh")
      }
      _ = try partition.readIds(side)
      try fileSystem.publish(try partition.readIdFile(side), as: target)
    }
  }

  /// Writes the ids of a model that has no generation yet.
  package func writeIds(_ ids: PerSide<IdTable>) throws(Failure) {
    for side in Side.allCases {
      let target = "\(directory)/\(IdShard.fileName(side))"
      let bytes = try IdShard.encode(ids[side], side: side)
      if try fileSystem.status(target) != nil {
        // What a run left that came no further.
        guard try fileFacts(target) != FileFacts(bytes) else { continue }
        try fileSystem.removeFile(target)
      }
      try fileSystem.publish(bytes, as: target)
    }
  }

  /// Reads the model's ids of a side, whichever they are.
  func readIds(_ side: Side) throws(Failure) -> IdTable {
    try IdShard.read(
      "\(directory)/\(IdShard.fileName(side))", side: side, expected: nil, in: fileSystem)
  }

  /// The files of ids as they are now.
  func idFacts() throws(Failure) -> PerSide<FileFacts> {
    try PerSide { side throws(Failure) in
      try fileFacts("\(directory)/\(IdShard.fileName(side))")
    }
  }

  /// The length and checksum of a file as it is now.
  func fileFacts(_ path: String) throws(Failure) -> FileFacts {
    FileFacts(try readWhole(path))
  }

  private func readWhole(_ path: String) throws(Failure) -> [UInt8] {
    let file = try fileSystem.open(path, streaming: false)
    return try file.read(count: file.byteCount, at: 0)
  }

  /// Removes all but the newest `keep` whole generations, and what dead runs have left.
  ///
  /// Damaged generations are neither counted nor removed.
  ///
  /// - Parameters:
  ///   - keep: At least 1.
  ///   - best: A generation that stays in any case.
  package func prune(keep: Int, sparing best: Int?) throws(Failure) {
    precondition(keep >= 1)
    try removeStale()
    var kept = 0
    for number in try generations() where try isWhole(number) {
      kept += 1
      if kept > keep, number != best { try removeGeneration(number) }
    }
  }

  /// Removes unfinished generations and half-removed ones.
  ///
  /// Only while no writer of ours is at work.
  func removeStale() throws(Failure) {
    for name in try fileSystem.list(generationsDirectory) {
      let number = String(name.prefix(8))
      let isOurs = number.utf8.count == 8 && number.utf8.allSatisfy { (0x30...0x39).contains($0) }
      if isOurs, RunName.isTemporary(name, of: number) || name == "\(number).del" {
        try fileSystem.removeTree("\(generationsDirectory)/\(name)")
      }
    }
  }

  /// Renames first, so that a half-removed generation is never taken for one.
  private func removeGeneration(_ number: Int) throws(Failure) {
    let path = path(ofGeneration: number)
    try fileSystem.rename(path, to: "\(path).del")
    try fileSystem.syncDirectory(generationsDirectory)
    try fileSystem.removeTree("\(path).del")
  }

  /// Makes room for a new generation where a damaged one has its number.
  func setAside(_ number: Int) throws(Failure) {
    let path = path(ofGeneration: number)
    guard try fileSystem.status(path) != nil else { return }
    try fileSystem.removeTree("\(path).damaged")
    try fileSystem.rename(path, to: "\(path).damaged")
    try fileSystem.syncDirectory(generationsDirectory)
  }

  /// Removes generations, ids and log: training starts over.
  package func clear() throws(Failure) {
    try removeStale()
    for number in try generations() { try removeGeneration(number) }
    for name in try fileSystem.list(generationsDirectory) where name.hasSuffix(".damaged") {
      try fileSystem.removeTree("\(generationsDirectory)/\(name)")
    }
    for side in Side.allCases {
      try fileSystem.removeTree("\(directory)/\(IdShard.fileName(side))")
    }
    try log.remove()
    try fileSystem.syncDirectory(directory)
  }
}
