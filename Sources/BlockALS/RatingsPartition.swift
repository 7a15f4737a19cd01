import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput

/// A ratings matrix on disk, cut into user blocks and item blocks.
///
/// A partition is immutable: it appears complete or not at all, and every byte of it is covered by
/// checksums. Reading one verifies what is read.
public struct RatingsPartition: Sendable {
  package let partition: Partition

  /// The directory that holds the partition; a name that means nothing where it is in memory.
  public var path: String { partition.directory }
  /// The number of users that have ratings to train on.
  public var userCount: Int { partition.facts.userCount }
  /// The number of items that have ratings to train on.
  public var itemCount: Int { partition.facts.itemCount }
  /// The number of ratings to train on; those that are held out are not among them.
  public var ratingCount: Int { partition.facts.ratingCount }
  /// A checksum of the ratings and ids that depends on neither their order nor the blocks.
  public var digest: String { partition.facts.digest }

  package init(_ partition: Partition) { self.partition = partition }

  /// Opens a partition.
  ///
  /// - Throws: ``BlockALSError`` of kind `missingInput` or `data`.
  public init(path: String) throws(BlockALSError) {
    partition = try publicly { () throws(Failure) in
      try Partition.open(path, in: PosixFileSystem())
    }
  }

  /// Takes ratings over as a partition in memory; nothing is written to a disk.
  ///
  /// It is numbered as a partition of text with the same ids is, so that models trained on either
  /// have the same bytes.
  ///
  /// - Parameter settings: The memory that may be taken has no meaning here.
  package static func inMemory(
    _ ratings: GivenRatings, _ settings: PartitionSettings
  ) throws(Failure) -> RatingsPartition {
    let (fileSystem, directory) = (MemoryFileSystem(), "/in-memory/ratings")
    _ = try Partitioner.run(settings, given: ratings, output: directory, in: fileSystem)
    return RatingsPartition(try Partition.open(directory, in: fileSystem))
  }

  /// Takes ratings over in memory; nothing is written to a disk.
  ///
  /// A model that is trained on them has the bytes of one that is trained on a file of the same
  /// ratings.
  ///
  /// - Parameters:
  ///   - ratings: Each pair of user and item at most once.
  ///   - holdout: The share of ratings to hold out, between 0 and 1; `nil` for none.
  ///   - seed: For the hold-out.
  ///   - workers: Threads that sort at once.
  /// - Throws: ``BlockALSError`` of kind `data` for a pair that is rated twice, an id that is empty
  ///   or has a zero byte, or a value that is no finite number.
  public static func inMemory(
    _ ratings: [Newcomers.Rating], holdout: Double? = nil, seed: UInt64 = 0, workers: Int = 1
  ) throws(BlockALSError) -> RatingsPartition {
    try publicly { () throws(Failure) in
      var settings = PartitionSettings()
      settings.holdout = holdout.map { HoldoutRule(fraction: $0, seed: seed) }
      settings.workers = workers
      return try inMemory(GivenRatings(ratings), settings)
    }
  }

  /// Reads ratings from text files and writes them as a partition.
  ///
  /// CSV (with or without header), TSV, MovieLens `::` and MatrixMarket are told apart by their
  /// content; `.gz` and `.zst` are read directly. Ids are any bytes.
  ///
  /// - Parameters:
  ///   - path: A directory that does not exist yet, or is the same partition already.
  ///   - inputs: The files, in the order in which they are read.
  ///   - holdout: The share of ratings to hold out, between 0 and 1, both excluded; nothing holds
  ///     none out. A hash of user, item and seed decides, not the order.
  ///   - seed: For the hold-out.
  ///   - memory: Bytes to hold at most; more is spilled to disk. `nil` for no limit.
  ///   - workers: Threads that read and sort at once.
  /// - Throws: ``BlockALSError``; nothing is left behind then.
  /// - Complexity: O(bytes) and O(ratings), divided by the workers.
  public static func create(
    at path: String, from inputs: [String], holdout: Double? = nil, seed: UInt64 = 0,
    memory: Int? = nil, workers: Int = 1
  ) throws(BlockALSError) -> RatingsPartition {
    try publicly { () throws(Failure) in
      var settings = PartitionSettings()
      settings.holdout = holdout.map { HoldoutRule(fraction: $0, seed: seed) }
      settings.memory = memory
      settings.workers = workers
      _ = try Partitioner.run(settings, inputs: inputs, output: path, in: PosixFileSystem())
    }
    return try RatingsPartition(path: path)
  }
}
