/// Where the things that need care may stand; everywhere else they are violations.
enum Fences {
  /// The targets in the order of the data: each may import those that stand before it.
  static let order = [
    "CZstd", "CXXHash", "CZlib", "CSystem", "COutOfMemory", "CCommit",
    "BlockMatrix", "Workers",
    "RatingInput", "BlockStore", "BlockPartition", "RatingGeneration",
    "KernelLoops", "KernelLoopsAVX512", "Kernels", "LeastSquares", "FactorExchange", "Training",
    "Ranking",
    "Tuning",
    "ModelPage",
    "BlockALS", "BlockALSC", "BlockALSCommand",
  ]

  /// Modules from outside the package, with the files or folders that may import them.
  static let outside: [String: [String]] = [
    "Synchronization": ["Sources/Workers/", "Sources/BlockPartition/MemoryBudget.swift"],
    "ArgumentParser": ["Sources/BlockALSCommand/"],
    // JSON that is read; what is written for people and logs has a writer of its own.
    "FoundationEssentials": [
      "Sources/BlockStore/Manifest.swift", "Sources/BlockStore/ModelVerification.swift",
      "Sources/Training/TrainingLog.swift", "Sources/Tuning/TuningComparison.swift",
    ],
    "Glibc": cLibrary,
    "Musl": cLibrary,
  ]

  /// The files that call the C library.
  private static let cLibrary = [
    "Sources/BlockMatrix/ZeroedMemory.swift",
    "Sources/Workers/Monitor.swift",
    "Sources/Workers/StopRequest.swift",
    "Sources/Workers/Thread.swift",
    "Sources/BlockStore/CommandOutput.swift",
    "Sources/BlockStore/Path.swift",
    "Sources/BlockStore/PosixFailure.swift",
    "Sources/BlockStore/PosixFile.swift",
    "Sources/BlockStore/PosixFileSystem.swift",
    "Sources/BlockStore/PosixLock.swift",
    "Sources/BlockStore/PosixPlace.swift",
    "Sources/FactorExchange/MPIBridge.swift", "Sources/FactorExchange/MPILink.swift",
    "Sources/Ranking/RankingQuality.swift",
    "Sources/BlockALSCommand/Launch.swift", "Sources/BlockALSCommand/RankJob.swift",
    "Sources/BlockALSCommand/BlockALSCommand.swift",
    "Sources/BlockALSCommand/Output.swift",
    "Sources/BlockALSCommand/StandardError.swift",
    "Sources/BlockALSCommand/StopSignals.swift",
  ]

  /// C modules of ours and of the system's, with the files that call them.
  static let cModules: [String: [String]] = [
    "CZstd": ["Sources/BlockStore/Zstandard.swift", "Sources/RatingInput/ZstandardDecoder.swift"],
    "CXXHash": ["Sources/BlockStore/Checksum.swift"],
    "CZlib": ["Sources/RatingInput/GzipDecoder.swift"],
    "CCommit": ["Sources/BlockALSCommand/Version.swift"],
    "COutOfMemory": ["Sources/BlockALSCommand/BlockALSCommand.swift"],
    "CSystem": [
      "Sources/BlockStore/PosixFile.swift", "Sources/BlockStore/PosixFileSystem.swift",
      "Sources/BlockStore/PosixPlace.swift", "Sources/BlockStore/CommandOutput.swift",
      "Sources/BlockPartition/ProcessHeap.swift",
      "Sources/FactorExchange/MPIBridge.swift",
      "Sources/KernelLoops/", "Sources/Kernels/InstructionSet.swift", "Sources/LeastSquares/",
      "Sources/Kernels/KernelSet.swift", "Sources/Training/RatingGrid.swift",
      "Sources/Training/StochasticLearner.swift", "Sources/BlockALSCommand/GrantedCores.swift",
      "Sources/BlockALSCommand/StandardError.swift", "Sources/BlockALSCommand/Output.swift",
      "Sources/BlockALSCommand/Arguments.swift",
    ],
  ]

  /// The files that may say `unsafe`: memory that is shared or aligned, bytes, loops, system calls.
  static let unsafe = [
    "Sources/BlockMatrix/FactorTable.swift",
    "Sources/BlockMatrix/ZeroedMemory.swift",
    "Sources/Workers/Monitor.swift",
    "Sources/Workers/StopRequest.swift",
    "Sources/Workers/Thread.swift",
    "Sources/RatingInput/DecimalNumber.swift",
    "Sources/RatingInput/GzipDecoder.swift",
    "Sources/RatingInput/IdCollector.swift",
    "Sources/RatingInput/RowParser.swift", "Sources/RatingInput/TimeText.swift",
    "Sources/RatingInput/RecordScanner.swift",
    "Sources/RatingInput/ZstandardDecoder.swift",
    "Sources/BlockStore/Checksum.swift",
    "Sources/BlockStore/CommandOutput.swift",
    "Sources/BlockStore/Digest.swift",
    "Sources/BlockStore/FactorShard.swift",
    "Sources/BlockStore/FactorTable+Rows.swift",
    "Sources/BlockStore/LittleEndian.swift",
    "Sources/BlockStore/Path.swift",
    "Sources/BlockStore/PosixFailure.swift",
    "Sources/BlockStore/PosixFile.swift",
    "Sources/BlockStore/PosixFileSystem.swift",
    "Sources/BlockStore/PosixLock.swift",
    "Sources/BlockStore/PosixPlace.swift",
    "Sources/BlockStore/RatingShard.swift",
    "Sources/BlockStore/Varint.swift",
    "Sources/BlockStore/Zstandard.swift",
    "Sources/BlockPartition/RowSort.swift",
    "Sources/BlockPartition/RowStore.swift",
    "Sources/KernelLoops/",
    "Sources/Kernels/",
    "Sources/LeastSquares/",
    "Sources/Training/HoldoutError.swift", "Sources/Training/StochasticLearner.swift",
    "Sources/FactorExchange/MPIBridge.swift",
    "Sources/Ranking/CandidateTiles.swift",
    "Sources/Ranking/FactorModel.swift",
    "Sources/Ranking/RowEquations.swift",
    "Sources/Ranking/TopSearch.swift",
    "Sources/BlockALSCommand/Arguments.swift",
    "Sources/BlockALSCommand/BlockALSCommand.swift",
    "Sources/BlockALSCommand/Launch.swift", "Sources/BlockALSCommand/RankJob.swift",
    "Sources/BlockALSCommand/StandardError.swift", "Sources/BlockALSCommand/Version.swift",
  ]

  /// The files whose types vouch for themselves with `@unchecked Sendable`, and say why.
  static let unchecked = [
    "Sources/BlockMatrix/FactorTable.swift",
    "Sources/BlockMatrix/ZeroedMemory.swift",
    "Sources/Workers/Monitor.swift",
    "Sources/LeastSquares/SolverScratch.swift",
    "Sources/LeastSquares/DoubleMatrix.swift",
    "Sources/FactorExchange/MPIBridge.swift",
    "Sources/BlockALSC/Handles.swift", "Sources/BlockALSC/LentMatrix.swift",
  ]

  /// The only folders with a public interface: for Swift, and for C.
  static let isPublic = ["Sources/BlockALS/", "Sources/BlockALSC/"]

  /// The only file with a lock.
  static let mutex = ["Sources/Workers/Locked.swift"]

  static let lineColumns = 100
  static let fileLines = 400
  static let functionLines = 60

  /// Whether a path is one of these files, or lies in one of these folders.
  static func allow(_ path: String, in places: [String]) -> Bool {
    places.contains { $0.hasSuffix("/") ? path.hasPrefix($0) : path == $0 }
  }
}
