import ArgumentParser
import BlockMatrix
import BlockStore
import Ranking
import Workers

/// What may be ranked: all, or what lists allow.
struct CandidateOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Rank only what is listed here, one id a line.", valueName: "file"))
  var among: String?

  @Option(help: ArgumentHelp("Rank nothing listed here, one id a line.", valueName: "file"))
  var notAmong: String?

  /// The indices to choose from; `nil` for all.
  ///
  /// Unknown ids are counted on standard error.
  ///
  /// - Parameters:
  ///   - side: What is ranked.
  ///   - some: The only indices that may be, where not all.
  func indices(
    on side: Side, of model: FactorModel, within some: [UInt32]? = nil,
    _ fileSystem: PosixFileSystem
  ) throws(Failure) -> [UInt32]? {
    guard among != nil || notAmong != nil else { return some }
    var isAllowed = [Bool](repeating: among == nil, count: model.ids[side].count)
    for (path, allows) in [(among, true), (notAmong, false)] {
      guard let path else { continue }
      let listed = try IdList.read(path, in: fileSystem)
      let (known, unknown) = try IdList.indices(
        of: listed, on: side, of: model, skipUnknown: true)
      if unknown > 0 {
        StandardError.note(
          "\(unknown.grouped) of \(listed.count.grouped) \(side.plural) in \(path) are unknown")
      }
      for index in known { isAllowed[Int(index)] = allows }
    }
    return (some ?? Array(0..<UInt32(isAllowed.count))).filter { isAllowed[Int($0)] }
  }
}

/// What items are called.
struct TitleOptions: ParsableArguments {
  @Option(
    name: .customLong("titles"),
    help: ArgumentHelp(
      """
      A file of item ids and titles, which are printed beside the items: the first two fields of \
      each line, between tabs, '::', '|', ';' or commas.
      """, valueName: "file"))
  var path: String?

  /// - Parameter ids: Those of the items.
  func read(for ids: IdTable, in fileSystem: PosixFileSystem) throws(Failure) -> Titles? {
    guard let path else { return nil }
    let titles = Titles(try IdList.bytes(of: path, in: fileSystem), ids: ids)
    let missing = (0..<ids.count).count { titles[$0] == nil }
    if missing == ids.count {
      throw Failure(
        .data, at: path, "has a title for none of the model's items",
        hint: "each line has an item's id and its title, between tabs, '::', '|', ';' or commas")
    }
    if missing > 0 {
      StandardError.note(
        "\(missing.grouped) of \(ids.count.grouped) items have no title in \(path)")
    }
    return titles
  }
}

/// Writes rankings while they are made.
struct RankingWriter {
  typealias Transform = @Sendable (_ first: Int, [[Candidate]]) throws(Failure) -> [UInt8]
  typealias Emit = (_ done: Int, [UInt8]) throws(Failure) -> Void

  let text: AnswerText
  /// Whom rankings are for, in the order of the result.
  let indices: [UInt32]
  /// What those are, in the plural.
  let name: String

  /// Runs a search that hands its rankings over, and writes them where the user wants them.
  func write(
    to path: String?, in fileSystem: PosixFileSystem,
    _ search: (@escaping Transform, Emit) throws(Failure) -> Void
  ) throws(Failure) {
    try StopSignals.watch { stop throws(Failure) in
      try write(to: path, in: fileSystem, stop, search)
    }
  }

  private func write(
    to path: String?, in fileSystem: PosixFileSystem, _ stop: StopRequest,
    _ search: (@escaping Transform, Emit) throws(Failure) -> Void
  ) throws(Failure) {
    let progress = WorkProgress(name)
    defer { progress.clear() }
    let sink = try AnswerSink(path, in: fileSystem, stop: stop)
    // Written with the first rankings: where those cannot be made, nothing is answered.
    var opening = text.opening
    let (text, indices) = (text, indices)
    try search(
      { first, rankings throws(Failure) in
        var bytes: [UInt8] = []
        for (position, ranking) in zip(first..., rankings) {
          try text.append(ranking, position: position, of: indices[position], to: &bytes)
        }
        return bytes
      },
      { done, bytes throws(Failure) in
        guard !stop.isSet else {
          throw Failure(
            .stopped, "\(done.grouped) of \(indices.count.grouped) \(name) were ranked",
            hint: "run the same command again")
        }
        try sink.write(opening + bytes)
        opening = []
        progress.update(done, of: indices.count)
      })
    try sink.write(opening + text.closing)
    try sink.commit()
  }
}
