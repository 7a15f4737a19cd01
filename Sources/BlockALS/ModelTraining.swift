import BlockMatrix
import BlockStore
import Ranking
import Training
import Workers

/// Where a model is: in a directory on the disk, or in memory.
package struct ModelPlace: Sendable {
  package let directory: String
  package let fileSystem: any FileSystem

  package static func disk(_ path: String) -> ModelPlace {
    ModelPlace(directory: path, fileSystem: PosixFileSystem())
  }

  /// Opens the model as answers need it; factors stay where they are.
  package func load(strict: Bool = false, workers: Int = 1) throws(Failure) -> LoadedModel {
    try LoadedModel.open(directory, in: fileSystem, strict: strict, workers: workers)
  }

  /// Writes what was loaded from here into a directory that does not exist yet.
  package func save(_ loaded: LoadedModel, to path: String) throws(Failure) {
    try ModelDirectory.open(directory, in: fileSystem)
      .copy(generation: loaded.facts.iteration, to: path, in: PosixFileSystem())
  }
}

/// Training as a program asks for it: into a directory, or in memory, by the same loop.
package enum ModelTraining {
  /// - Parameter path: The model's directory, in which training goes on where there is one already;
  ///   `nil` for memory, where a run that is stopped leaves nothing.
  /// - Throws: `.stopped` where a stop was requested; whatever training meets.
  package static func run(
    on ratings: RatingsPartition, into path: String?, hyperparameters: Hyperparameters,
    settings: TrainingSettings, stop: StopRequest = StopRequest(),
    observe: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) throws(Failure) -> ModelPlace {
    var settings = settings
    let place: ModelPlace
    if let path {
      place = .disk(path)
    } else {
      // Not below the ratings': they may be gone before the model.
      place = ModelPlace(directory: "/in-memory/model", fileSystem: MemoryFileSystem())
      settings.run = try settings.run.writtenOnce()
    }
    let end = try Trainer.run(
      ratings.partition,
      into: ModelDirectory.openOrCreate(place.directory, in: place.fileSystem),
      hyperparameters: hyperparameters, settings: settings, stop: stop, observe: observe)
    if case .stopped(let saved) = end {
      throw Failure(
        .stopped, at: path ?? "",
        saved.map { "stopped on request; iteration \($0) is saved" }
          ?? "stopped on request; nothing was kept",
        hint: path == nil ? "" : "train again to go on")
    }
    return place
  }
}

extension RunSettings {
  /// The same, without generations that only an interruption would need.
  fileprivate func writtenOnce() throws(Failure) -> RunSettings {
    guard patience == nil else { return self }
    var given = SettingValues()
    given[RunSetting.checkpointInterval] = iterations
    return try RunSettings(given, over: values)
  }
}
