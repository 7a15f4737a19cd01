import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking
import Workers

/// What a command that answers does with a model of which the newest generation is damaged.
struct DamageOptions: ParsableArguments {
  @Flag(
    help: """
      Refuse a model with a damaged generation, in place of answering from an older one with a \
      warning.
      """)
  var strict = false

  /// Opens a model; damaged generations are passed over, loudly, unless `strict`.
  func open(
    _ directory: String, in fileSystem: any FileSystem, workers: Int
  ) throws(Failure) -> LoadedModel {
    let loaded = try LoadedModel.open(
      directory, in: fileSystem, strict: strict, workers: workers)
    for (generation, failure) in loaded.refused {
      StandardError.write(
        "blockals: warning: generation \(generation) is damaged and was passed over: "
          + "\(failure.place): \(failure.message)\n")
    }
    return loaded
  }
}

/// Ids that a user listed: one a line, or as arguments.
enum IdList {
  /// Reads ids, one a line: any bytes but a line feed; a carriage return at the end is dropped, and
  /// so are empty lines.
  ///
  /// `-` reads standard input.
  static func read(
    _ path: String, in fileSystem: PosixFileSystem
  ) throws(Failure) -> [ArraySlice<UInt8>] {
    try bytes(of: path, in: fileSystem).split(separator: 0x0A)
      .map { $0.last == 0x0D ? $0.dropLast() : $0 }
      .filter { !$0.isEmpty }
  }

  /// All of a small file; `-` reads standard input.
  static func bytes(of path: String, in fileSystem: PosixFileSystem) throws(Failure) -> [UInt8] {
    let file =
      path == "-" ? fileSystem.standardInput : try fileSystem.open(path, streaming: true)
    var bytes: [UInt8] = []
    while true {
      let more = try file.read(upTo: 1 << 20)
      if more.isEmpty { return bytes }
      bytes += more
    }
  }

  /// The indices of rows that were listed in a file, or 'all'; unknown ones are counted on standard
  /// error, or refused.
  ///
  /// - Parameter listed: A path or `all`; `nil` where ids were given as arguments.
  static func wanted(
    _ listed: String?, or ids: [String], on side: Side, of model: FactorModel, skipUnknown: Bool,
    _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [UInt32] {
    if listed == "all" { return Array(0..<UInt32(model.ids[side].count)) }
    let names =
      try listed.map { path throws(Failure) in try read(path, in: fileSystem) }
      ?? ids.map { Array($0.utf8)[...] }
    let (known, unknown) = try indices(of: names, on: side, of: model, skipUnknown: skipUnknown)
    if unknown > 0 {
      StandardError.note(
        "\(unknown.grouped) of \(names.count.grouped) \(side.plural) are unknown")
    }
    return known
  }

  /// The indices of ids, in their order, and how many ids are unknown.
  ///
  /// - Throws: `.data` naming the first unknown id, unless `skipUnknown`.
  static func indices(
    of ids: [ArraySlice<UInt8>], on side: Side, of model: FactorModel, skipUnknown: Bool
  ) throws(Failure) -> (known: [UInt32], unknown: Int) {
    let lookup = IdLookup(model.ids[side])
    var known: [UInt32] = []
    for id in ids {
      if let index = lookup.index(of: id) {
        known.append(UInt32(index))
      } else if !skipUnknown {
        throw Failure(
          .data, at: "\(side.rawValue) \"\(printable(id))\"", "is unknown to the model",
          hint: "give --skip-unknown to leave unknown ids out")
      }
    }
    return (known, ids.count - known.count)
  }
}

/// Where answers go: standard output, or a file that appears complete or not at all.
final class AnswerSink {
  private let file: NewFile?
  private let standardOutput: any WritableFile
  private let stop: StopRequest

  /// - Parameter stop: A file that has not appeared when it is set never will.
  init(_ path: String?, in fileSystem: PosixFileSystem, stop: StopRequest) throws(Failure) {
    standardOutput = fileSystem.standardOutput
    file = try path.map { path throws(Failure) in try NewFile(path, in: fileSystem) }
    self.stop = stop
  }

  /// Ids are any bytes, and stay as they are; only on a terminal they are made visible, as nobody
  /// may steer that by the name of an item.
  func write(_ bytes: [UInt8]) throws(Failure) {
    guard !bytes.isEmpty else { return }
    if let file { return try file.write(bytes) }
    try standardOutput.write(
      Output.isTerminal ? Array(visible(String(decoding: bytes, as: UTF8.self)).utf8) : bytes)
  }

  func commit() throws(Failure) {
    guard let file else { return }
    try stop.check()
    try file.commit()
    if file.isTaken { StandardError.noteComplete(file.path) }
  }
}

/// A live line that says how much of some work is done, and how long the rest will take.
final class WorkProgress {
  private let line = LiveLine()
  private let what: String
  private let start = ContinuousClock.now
  private var shown = 0.0

  init(_ what: String) { self.what = what }

  func update(_ done: Int, of total: Int) {
    let seconds = start.seconds
    guard seconds - shown > 0.2, done > 0 else { return }
    shown = seconds
    let rest = seconds * Double(total - done) / Double(done)
    line.update([
      "\(done.grouped) of \(total.grouped) \(what)", "\(LiveLine.duration(rest)) left",
    ])
  }

  func clear() { line.clear() }
}
