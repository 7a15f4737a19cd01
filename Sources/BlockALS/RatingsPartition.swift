import BlockMatrix
import BlockPartition
import BlockStore
import RatingInput

/// A ratings matrix on disk, cut into user blocks and item blocks.
///
/// A partition is immutable: it appears complete or not at all, and every byte of it is covered by
/// checksums. Reading one verifies what is read.
public struct RatingsPartition: Sendable {
  let partition: Partition

  /// The directory that holds the partition.
  public var path: String { partition.directory }
  /// The number of users that have ratings to train on.
  public var userCount: Int { partition.facts.userCount }
  /// The number of items that have ratings to train on.
  public var itemCount: Int { partition.facts.itemCount }
  /// The number of ratings to train on; those that are held out are not among them.
  public var ratingCount: Int { partition.facts.ratingCount }
  /// A checksum of the ratings and ids that depends on neither their order nor the blocks.
  public var digest: String { partition.facts.digest }

  /// Opens a partition.
  ///
  /// - Throws: ``BlockALSError`` of kind `missingInput` or `data`.
  public init(path: String) throws(BlockALSError) {
    partition = try publicly { () throws(Failure) in
      try Partition.open(path, in: PosixFileSystem())
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
