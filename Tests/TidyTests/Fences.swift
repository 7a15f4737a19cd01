/// Where the things that need care may stand; everywhere else they are violations.
enum Fences {
  /// The targets in the order of the data: each may import those that stand before it.
  static let order = [
    "CZstd", "CXXHash", "CZlib", "CSystem",
    "BlockMatrix", "Workers",
    "RatingInput", "BlockStore", "BlockPartition",
    "KernelLoops", "KernelLoopsAVX512", "Kernels", "LeastSquares", "FactorExchange", "Training",
    "Ranking",
    "BlockALS", "BlockALSCommand",
  ]

  /// Modules from outside the package, with the files or folders that may import them.
  static let outside: [String: [String]] = [
    "Dispatch": ["Sources/Workers/"],
    "Synchronization": ["Sources/"],
    "ArgumentParser": ["Sources/BlockALSCommand/"],
    "FoundationEssentials": ["Sources/BlockStore/"],
    "Glibc": glibc,
    "Musl": glibc,
  ]

  /// The files that call the C library.
  static let glibc = ["Sources/"]

  /// C modules of ours and of the system's, with the files that call them.
  static let cModules: [String: [String]] = [
    "CZstd": ["Sources/"],
    "CXXHash": ["Sources/"],
    "CZlib": ["Sources/"],
    "CSystem": ["Sources/"],
  ]

  /// The files that may say `unsafe`.
  static let unsafe = ["Sources/"]

  /// The files whose types vouch for themselves with `@unchecked Sendable`, and say why.
  static let unchecked = ["Sources/"]

  /// The only folder with a public interface.
  static let isPublic = ["Sources/BlockALS/"]

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
