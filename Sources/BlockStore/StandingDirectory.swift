import BlockMatrix

/// What stands where a partition or a model was looked for, and what to do then.
enum StandingDirectory {
  /// The failure for a path that is no partition.
  static func noPartition(
    _ path: String, in fileSystem: any FileSystem
  ) throws(Failure) -> Failure {
    let make = "blockals partition RATINGS -o \(path)"
    switch try fileSystem.status(path)?.kind {
    case nil:
      return Failure(
        .missingInput, at: path, "does not exist, and a partition is needed",
        hint: "make one: \(make)")
    case .directory where try isModel(path, in: fileSystem):
      return Failure(
        .missingInput, at: path, "is a model, and a partition is needed",
        hint: "name the partition that it was trained on; blockals inspect \(path) says which")
    case .directory:
      return Failure(
        .missingInput, at: path, "is no partition: it has no \(Manifest.fileName)",
        hint: "make one under another name: blockals partition RATINGS -o DIR")
    case .file, .other:
      return Failure(
        .missingInput, at: path, "\(file(path)), and a partition is needed",
        hint: "make one of it first: blockals partition \(path) -o \(stem(path)).blocks")
    }
  }

  /// The failure for a path that is no model.
  static func noModel(
    _ path: String, in fileSystem: any FileSystem
  ) throws(Failure) -> Failure {
    switch try fileSystem.status(path)?.kind {
    case nil:
      return Failure(
        .missingInput, at: path, "does not exist, and a model is needed",
        hint: "train one: blockals train PARTITION -o \(path)")
    case .directory where try fileSystem.status("\(path)/\(Manifest.fileName)") != nil:
      return Failure(
        .missingInput, at: path, "is a partition, and a model is needed",
        hint: "train one on it first: blockals train \(path) -o \(stem(path)).model")
    case .directory:
      return Failure(
        .missingInput, at: path,
        "is no model: it has no directory \(ModelDirectory.generationsName)",
        hint: "train one under another name: blockals train PARTITION -o DIR")
    case .file, .other:
      return Failure(
        .missingInput, at: path, "\(file(path)), and a model is needed",
        hint: "partition it, and train: blockals partition \(path) -o \(stem(path)).blocks; "
          + "blockals train \(stem(path)).blocks -o \(stem(path)).model")
    }
  }

  /// The failure for a path that is neither.
  static func neither(_ path: String, in fileSystem: any FileSystem) throws(Failure) -> Failure {
    let what =
      switch try fileSystem.status(path)?.kind {
      case nil: "does not exist"
      case .directory: "is neither a partition nor a model"
      case .file, .other: "\(file(path)), neither a partition nor a model"
      }
    return Failure(
      .missingInput, at: path, what,
      hint: "name a directory that blockals partition or blockals train has written")
  }

  /// What a file is, as far as its name tells.
  private static func file(_ path: String) -> String {
    stem(path) == path ? "is a file" : "is a ratings file"
  }

  private static func isModel(
    _ path: String, in fileSystem: any FileSystem
  ) throws(Failure) -> Bool {
    try fileSystem.status("\(path)/\(ModelDirectory.generationsName)") != nil
  }

  /// A name without what says that it is text, compressed or a partition.
  private static func stem(_ path: String) -> String {
    var name = path
    for ending in [".gz", ".zst", ".csv", ".tsv", ".txt", ".dat", ".data", ".mtx", ".blocks"]
    where name.hasSuffix(ending) && Path.name(of: name).utf8.count > ending.utf8.count {
      name.removeLast(ending.count)
    }
    return name
  }
}
