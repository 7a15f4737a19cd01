import BlockMatrix
import BlockStore

/// A file whose reads somebody else carries out, as operations that count.
final class WatchedFile: ReadableFile {
  typealias Read = () throws(Failure) -> [UInt8]

  private let base: any ReadableFile
  private let carryOut: @Sendable (Read) throws(Failure) -> [UInt8]
  var path: String { base.path }
  var byteCount: Int { base.byteCount }

  init(
    _ base: any ReadableFile, _ carryOut: @escaping @Sendable (Read) throws(Failure) -> [UInt8]
  ) {
    self.base = base
    self.carryOut = carryOut
  }

  func read(upTo count: Int) throws(Failure) -> [UInt8] {
    try carryOut { () throws(Failure) in try base.read(upTo: count) }
  }

  func read(count: Int, at offset: Int) throws(Failure) -> [UInt8] {
    try carryOut { () throws(Failure) in try base.read(count: count, at: offset) }
  }
}
