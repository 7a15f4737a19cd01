import BlockMatrix
import CSystem
import Glibc

/// The library that knows MPI, loaded where this process was started by MPI.
///
/// Its calls are made by one thread; see ``MPILink``.
@safe
struct MPIBridge: @unchecked Sendable {
  // Sendable: a table of functions that is never written.

  private let calls: UnsafePointer<MPIBridgeCalls>

  static let fileName = "libblockals-mpi.so"

  /// Loads the library from the first of some places that has it.
  ///
  /// - Throws: `.missingInput` where none has.
  init(from places: [String]) throws(Failure) {
    var reason = "is not there"
    for place in places {
      guard let library = unsafe dlopen(place, RTLD_NOW | RTLD_GLOBAL) else {
        // A library that is there and cannot be loaded says more than those that are not there.
        if unsafe access(place, F_OK) == 0, let text = unsafe dlerror() {
          reason = "cannot be loaded: \(unsafe String(cString: text))"
        }
        continue
      }
      guard let symbol = unsafe dlsym(library, BLOCKALS_MPI_BRIDGE_SYMBOL) else {
        reason = "is another library, or was built without MPI"
        continue
      }
      let entry = unsafe unsafeBitCast(symbol, to: MPIBridgeEntry.self)
      guard let calls = unsafe entry(),
        unsafe calls.pointee.version == BLOCKALS_MPI_BRIDGE_VERSION
      else {
        reason = "is of another version of the program"
        continue
      }
      unsafe self.calls = calls
      return
    }
    throw Failure(
      .missingInput, at: Self.fileName, "\(reason); without it only one process can train",
      hint: "build it: make mpi (it needs libopenmpi-dev), or name it in BLOCKALS_MPI")
  }

  /// Joins the job.
  func start() throws(Failure) -> (rank: Int, rankCount: Int) {
    var rank: Int32 = 0
    var count: Int32 = 0
    guard unsafe calls.pointee.start(&rank, &count) == 0 else {
      throw Failure(.io, "MPI does not start", hint: "see what mpirun says of it")
    }
    return (Int(rank), Int(count))
  }

  /// Begins to send; `nil` where MPI refuses.
  func send(_ bytes: [UInt8], to rank: Int, tag: Int) -> Transfer? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    unsafe buffer.copyBytes(from: bytes)
    guard
      let request = unsafe calls.pointee.send(
        buffer.baseAddress, Int32(bytes.count), Int32(rank), Int32(tag))
    else {
      unsafe buffer.deallocate()
      return nil
    }
    return unsafe Transfer(rank: rank, tag: tag, buffer, request, isDone: calls.pointee.is_done)
  }

  /// Begins to receive a message that has come; `nil` where none has.
  func receive() throws(Failure) -> Transfer? {
    var rank: Int32 = 0
    var tag: Int32 = 0
    var count: Int32 = 0
    guard unsafe calls.pointee.probe(&rank, &tag, &count) == 1 else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(count), alignment: 16)
    guard let request = unsafe calls.pointee.receive(buffer.baseAddress, count) else {
      unsafe buffer.deallocate()
      throw Failure(.io, at: "rank \(rank)", "sent a message that MPI cannot receive")
    }
    return unsafe Transfer(
      rank: Int(rank), tag: Int(tag), buffer, request, isDone: calls.pointee.is_done)
  }

  /// Ends all processes of the job.
  func abort(_ status: Int32) { unsafe calls.pointee.abort(status) }

  func finish() { unsafe calls.pointee.finish() }
}

/// Bytes on their way from or to a rank.
@safe
final class Transfer {
  let rank: Int
  let tag: Int
  private let buffer: UnsafeMutableRawBufferPointer
  private let request: UnsafeMutableRawPointer
  private let test: @convention(c) (UnsafeMutableRawPointer?) -> Int32

  fileprivate init(
    rank: Int, tag: Int, _ buffer: UnsafeMutableRawBufferPointer,
    _ request: UnsafeMutableRawPointer,
    isDone: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Int32
  ) {
    self.rank = rank
    self.tag = tag
    unsafe self.buffer = buffer
    unsafe self.request = request
    unsafe test = isDone
  }

  deinit { unsafe buffer.deallocate() }

  var byteCount: Int { unsafe buffer.count }
  /// What has come, once it is done.
  var bytes: [UInt8] { unsafe Array(buffer) }

  /// Whether it is done; asked until it is, and not again.
  func isDone() -> Bool { unsafe test(request) != 0 }
}
