import BlockMatrix

extension ModelDirectory {
  /// Writes a generation, the ids and the log as a model of its own, which appears complete or not
  /// at all.
  ///
  /// - Parameters:
  ///   - path: A directory that does not exist yet.
  ///   - target: The file system that it is to be in, which may be another one.
  /// - Throws: `.output` where something has the path.
  package func copy(
    generation: Int, to path: String, in target: any FileSystem
  ) throws(Failure) {
    let claim = try OutputClaim(path, .directory, makingParents: true, in: target)
    do throws(Failure) {
      guard !claim.isTaken else { throw OutputClaim.taken(claim.path) }
      let number = Path.number(generation, digits: 8)
      let inside = "\(Self.generationsName)/\(number)"
      try target.makeDirectory(claim.temporary, withParents: false)
      try target.makeDirectory("\(claim.temporary)/\(Self.generationsName)", withParents: false)
      try target.makeDirectory("\(claim.temporary)/\(inside)", withParents: false)
      for side in Side.allCases { try copy(IdShard.fileName(side), into: claim) }
      for name in try fileSystem.list("\(directory)/\(inside)") {
        try copy("\(inside)/\(name)", into: claim)
      }
      if try fileSystem.status("\(directory)/\(Self.logName)") != nil {
        try copy(Self.logName, into: claim)
      }
      try target.syncDirectory("\(claim.temporary)/\(inside)")
      try target.syncDirectory("\(claim.temporary)/\(Self.generationsName)")
      try claim.commit()
    } catch {
      claim.abandon()
      throw error
    }
  }

  private func copy(_ name: String, into claim: OutputClaim) throws(Failure) {
    let source = try fileSystem.open("\(directory)/\(name)", streaming: false)
    let copy = try claim.create(name)
    try copy.complete { () throws(Failure) in
      var rest = source.byteCount
      while rest > 0 {
        let piece = try source.read(upTo: min(rest, 1 << 20))
        guard !piece.isEmpty else { throw Failure(.data, at: source.path, "ends too early") }
        try copy.write(piece)
        rest -= piece.count
      }
    }
  }
}
