// swift-tools-version: 6.3
import PackageDescription

/// What every Swift target is built with.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Everywhere but in the kernels, an unsafe expression has to say so.
let safe = strict + [.strictMemorySafety()]

/// The inner loops are optimised in debug builds too: unoptimised SIMD is a thousand times slower.
func loops(_ flags: [String]) -> [SwiftSetting] {
  strict + [.unsafeFlags(["-O"] + flags)]
}

/// The commit that is built, as a string of C; `nil` where the sources are no checkout.
let commit = Context.gitInformation.map { git in
  "\"\(git.currentCommit.prefix(12))\(git.hasUncommittedChanges ? "+changes" : "")\""
}

// One folder of loops, compiled once per instruction set; `Kernels` chooses at start.
#if arch(x86_64)
let loopTargets: [Target] = [
  .target(
    name: "KernelLoops", dependencies: ["CSystem"],
    swiftSettings: loops(["-Xcc", "-march=x86-64-v3"])),
  .target(
    name: "KernelLoopsAVX512", dependencies: ["CSystem"],
    swiftSettings: loops(["-Xcc", "-march=x86-64-v4", "-DAVX512"])),
]
#else
let loopTargets: [Target] = [
  .target(name: "KernelLoops", dependencies: ["CSystem"], swiftSettings: loops([]))
]
#endif

let package = Package(
  name: "blockals",
  products: [
    .executable(name: "blockals", targets: ["BlockALSCommand"]),
    .library(name: "BlockALS", targets: ["BlockALS"]),
    // For other languages; `make wheel` links it for Python, with everything that it needs.
    .library(name: "blockalsc", type: .dynamic, targets: ["BlockALSC"]),
    // What knows MPI, where the package manager is to build it; `make mpi` does without. Its name is
    // not that of the library which is loaded: a build without the trait would put an empty one there.
    .library(name: "MPIBridge", type: .dynamic, targets: ["MPIBridge"]),
  ],
  traits: [.trait(name: "MPI", description: "Builds libMPIBridge.so with Open MPI.")],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0")
  ],
  targets: [
    // Read downwards: a target imports only targets that stand above it.

    // System libraries, and the few calls that Glibc's overlay lacks.
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CSystem"),
    // For the command alone: it takes the place of the C library's allocation functions.
    .target(name: "COutOfMemory"),
    .target(name: "CCommit", cSettings: commit.map { [.define("BLOCKALS_COMMIT", to: $0)] }),

    // The nouns.
    .target(name: "BlockMatrix", swiftSettings: safe),

    // Threads, and what they share; nothing else makes a thread.
    .target(name: "Workers", dependencies: ["BlockMatrix"], swiftSettings: safe),

    // Ratings in, blocks out.
    .target(
      name: "RatingInput", dependencies: ["BlockMatrix", "Workers", "CZstd", "CZlib"],
      swiftSettings: safe),
    .target(
      name: "BlockStore", dependencies: ["BlockMatrix", "Workers", "CZstd", "CXXHash", "CSystem"],
      swiftSettings: safe),
    .target(
      name: "BlockPartition",
      dependencies: ["BlockMatrix", "Workers", "RatingInput", "BlockStore", "CSystem"],
      swiftSettings: safe),

    // Ratings to try things with.
    .target(
      name: "RatingGeneration", dependencies: ["BlockMatrix", "Workers", "BlockStore"],
      swiftSettings: safe),

    // Blocks in, factors out.
    .target(
      name: "Kernels",
      dependencies: loopTargets.map { .target(name: $0.name) } + ["BlockMatrix", "CSystem"],
      swiftSettings: safe),
    .target(
      name: "LeastSquares", dependencies: ["BlockMatrix", "Workers", "Kernels", "CSystem"],
      swiftSettings: safe),
    .target(
      name: "FactorExchange", dependencies: ["BlockMatrix", "Workers", "BlockStore", "CSystem"],
      swiftSettings: safe),
    // The only code that knows MPI: a library that is loaded where MPI has started the program.
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .target(
      name: "MPIBridge",
      dependencies: ["CSystem", .target(name: "CMPI", condition: .when(traits: ["MPI"]))],
      cSettings: [.define("MPI", .when(traits: ["MPI"]))]),
    .target(
      name: "Training",
      dependencies: [
        "BlockMatrix", "Workers", "BlockStore", "Kernels", "LeastSquares", "FactorExchange",
      ],
      swiftSettings: safe),

    // Factors in, answers out.
    .target(
      name: "Ranking",
      dependencies: [
        "BlockMatrix", "Workers", "RatingInput", "BlockStore", "Kernels", "LeastSquares",
      ],
      swiftSettings: safe),

    .target(
      name: "Tuning",
      dependencies: ["BlockMatrix", "Workers", "BlockStore", "Kernels", "Training", "Ranking"],
      swiftSettings: safe),

    // What a model looks like.
    .target(
      name: "ModelPage",
      dependencies: ["BlockMatrix", "BlockStore", "Training", "Tuning"], swiftSettings: safe),

    // The promise, and the command.
    .target(
      name: "BlockALS",
      dependencies: [
        "BlockMatrix", "Workers", "RatingInput", "BlockStore", "BlockPartition", "Kernels",
        "Training", "Ranking",
      ],
      swiftSettings: safe),
    // The boundary to C, where every argument is a pointer: nothing in it is safe by the language.
    .target(
      name: "BlockALSC",
      dependencies: [
        "BlockMatrix", "Workers", "RatingInput", "BlockStore", "BlockPartition", "Training",
        "Ranking", "BlockALS",
      ],
      exclude: ["include", "exports.map"], swiftSettings: strict,
      linkerSettings: [
        .unsafeFlags([
          "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/BlockALSC/exports.map",
        ])
      ]),
    .executableTarget(
      name: "BlockALSCommand",
      dependencies: [
        "BlockMatrix", "Workers", "RatingInput", "BlockStore", "BlockPartition", "RatingGeneration",
        "Kernels", "LeastSquares", "FactorExchange", "Training", "Ranking", "Tuning", "ModelPage",
        "CSystem", "COutOfMemory", "CCommit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: safe),

    // Tests: a folder per target.
    .target(
      name: "TestSupport",
      dependencies: ["BlockMatrix", "BlockStore", "BlockPartition", "FactorExchange", "Workers"],
      path: "Tests/TestSupport", swiftSettings: safe),
    .testTarget(
      name: "BlockMatrixTests", dependencies: ["BlockMatrix", "TestSupport"], swiftSettings: safe),
    .testTarget(
      name: "WorkersTests", dependencies: ["Workers", "TestSupport"], swiftSettings: safe),
    .testTarget(
      name: "RatingInputTests", dependencies: ["RatingInput", "TestSupport"], swiftSettings: safe),
    .testTarget(
      name: "BlockStoreTests", dependencies: ["BlockStore", "TestSupport"], swiftSettings: safe),
    .testTarget(
      name: "BlockPartitionTests", dependencies: ["BlockPartition", "TestSupport"],
      swiftSettings: safe),
    .testTarget(
      name: "RatingGenerationTests", dependencies: ["RatingGeneration", "RatingInput"],
      swiftSettings: safe),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "CSystem", "TestSupport"],
      swiftSettings: safe),
    .testTarget(
      name: "LeastSquaresTests", dependencies: ["LeastSquares", "TestSupport"],
      swiftSettings: safe),
    .testTarget(
      name: "TrainingTests", dependencies: ["Training", "FactorExchange", "TestSupport"],
      swiftSettings: safe),
    .testTarget(
      name: "RankingTests",
      dependencies: [
        "Ranking", "BlockMatrix", "BlockStore", "Kernels", "LeastSquares", "TestSupport",
      ], swiftSettings: safe),
    .testTarget(
      name: "TuningTests",
      dependencies: ["Tuning", "BlockMatrix", "BlockStore", "TestSupport"], swiftSettings: safe),
    .testTarget(
      name: "ModelPageTests", dependencies: ["ModelPage", "BlockMatrix", "TestSupport"],
      swiftSettings: safe),
    .testTarget(
      name: "BlockALSTests", dependencies: ["BlockALS", "BlockMatrix", "Workers", "TestSupport"],
      swiftSettings: safe),
    .testTarget(
      name: "CommandTests", dependencies: ["BlockALSCommand", "BlockMatrix", "TestSupport"],
      exclude: ["Help"], swiftSettings: safe),
    .testTarget(name: "TidyTests", dependencies: [], swiftSettings: safe),
  ] + loopTargets
)
