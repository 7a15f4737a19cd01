import ArgumentParser
import BlockMatrix
import BlockStore

/// How many threads a command may use.
struct WorkerOptions: ParsableArguments {
  @Option(help: "Threads that work at once. (default: the cores granted to this process)")
  var workers: Int?

  /// - Throws: `.usage` where no machine has so many, before threads are made for them.
  func count(in fileSystem: any FileSystem) throws(Failure) -> Int {
    let count = workers ?? GrantedCores.count(in: fileSystem)
    guard (1...1024).contains(count) else {
      throw Failure(.usage, setting: "workers", "\(count) is not between 1 and 1024")
    }
    return count
  }
}
