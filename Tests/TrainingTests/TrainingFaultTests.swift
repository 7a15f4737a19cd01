import BlockMatrix
import BlockStore
import TestSupport
import Testing
import Training

/// Calls that fail while a model is trained for the first time.
@Suite struct `A failed call during the first training` {
  private static let sample = RatingMatrix.random(
    userCount: 20, itemCount: 12, ratingCount: 120, seed: 9)

  private static let models: [(String, @Sendable () throws(Failure) -> Hyperparameters)] = [
    ("als", { () throws(Failure) in try Hyperparameters(rank: 3) }),
    (
      "sgd",
      { () throws(Failure) in
        try Hyperparameters(rank: 3, algorithm: .sgd(StochasticSettings(gridSize: 2)))
      }
    ),
  ]

  private func train(
    _ partition: Partition, at path: String, _ hyperparameters: Hyperparameters,
    in fileSystem: any FileSystem
  ) throws -> String {
    let model = try ModelDirectory.openOrCreate(path, in: fileSystem)
    _ = try Trainer.run(
      partition, into: model, hyperparameters: hyperparameters,
      settings: TrainingSettings(run: RunSettings(iterations: 2), workers: 1))
    // What the run left is looked at with calls that do not fail.
    let left = try ModelDirectory.open(path, in: PosixFileSystem())
    return try Digest.factors(#require(try left.newestGood()).factors)
  }

  @Test(arguments: [false, true], ["als", "sgd"])
  func `never blocks the next one`(isLasting: Bool, name: String) throws {
    let folder = try TemporaryDirectory()
    let partition = try Self.sample.partition(at: folder.path + "/p")
    let make = try #require(Self.models.first { $0.0 == name }).1
    let hyperparameters = try make()
    let expected = try train(
      partition, at: folder.path + "/expected", hyperparameters, in: PosixFileSystem())
    var at = 1
    while true {
      let faulty = FaultyFileSystem(
        PosixFileSystem(), FaultyFileSystem.Fault(at: at, isLasting: isLasting))
      let path = folder.path + "/m\(at)"
      let first = Result { try train(partition, at: path, hyperparameters, in: faulty) }
      guard faulty.hasFired else { break }
      let operation = faulty.operations[at - 1]
      if case .success(let digest) = first { #expect(digest == expected, "\(operation)") }
      #expect(
        try train(partition, at: path, hyperparameters, in: PosixFileSystem()) == expected,
        "after a failed \(operation)")
      #expect(
        try Verification.run(path, in: PosixFileSystem(), workers: 1).failures.isEmpty,
        "after a failed \(operation)")
      at += 1
    }
    #expect(at > 40, "only \(at) operations")
  }
}
