import BlockMatrix
import Workers

// The boundary to C: what stands here is described in include/blockals.h.

/// A handle as C holds it.
public typealias Handle = UnsafeMutableRawPointer

/// Where a function leaves what is wrong; C may not want to know.
public typealias FailureSlot = UnsafeMutablePointer<Handle?>

/// Gives an object to C, which frees it by ``release(_:_:)``.
func handle(_ object: AnyObject) -> Handle { Unmanaged.passRetained(object).toOpaque() }

func object<Object: AnyObject>(_ handle: UnsafeRawPointer, _: Object.Type) -> Object {
  Unmanaged<Object>.fromOpaque(handle).takeUnretainedValue()
}

/// The object of a handle that has to be there.
func required<Object: AnyObject>(
  _ handle: UnsafeRawPointer?, _ type: Object.Type, _ name: String
) throws(Failure) -> Object {
  guard let handle else { throw Failure(.usage, at: name, "is NULL") }
  return object(handle, type)
}

/// An argument that has to be there.
func required<Pointer>(_ pointer: Pointer?, _ name: String) throws(Failure) -> Pointer {
  guard let pointer else { throw Failure(.usage, at: name, "is NULL") }
  return pointer
}

func release<Object: AnyObject>(_ handle: Handle?, _: Object.Type) {
  if let handle { Unmanaged<Object>.fromOpaque(handle).release() }
}

/// What C is told of a failure.
final class FailureBox {
  let kind: Int32
  let place: UnsafeMutablePointer<CChar>
  let message: UnsafeMutablePointer<CChar>
  let hint: UnsafeMutablePointer<CChar>

  init(_ failure: Failure) {
    kind = failure.code.rawValue
    place = ownedText(failure.place)
    message = ownedText(failure.message)
    hint = ownedText(failure.hint)
  }

  deinit {
    for text in [place, message, hint] { text.deallocate() }
  }
}

/// A text with a zero behind it; freed by `deallocate`.
func ownedText(_ text: String) -> UnsafeMutablePointer<CChar> {
  // A text of ours may quote a name that has zero bytes.
  let bytes = text.utf8.map { $0 == 0 ? 0x3F : $0 } + [0]
  let owned = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
  for (place, byte) in bytes.enumerated() { owned[place] = CChar(bitPattern: byte) }
  return owned
}

/// Runs what may fail, and leaves the failure where C finds it.
func result<Output>(
  _ slot: FailureSlot?, _ body: () throws(Failure) -> Output
) -> Output? {
  slot?.pointee = nil
  do throws(Failure) {
    return try body()
  } catch {
    slot?.pointee = handle(FailureBox(error))
    return nil
  }
}

/// The same for what has no result: 0, or 1 where it failed.
func status(_ slot: FailureSlot?, _ body: () throws(Failure) -> Void) -> Int32 {
  result(slot) { () throws(Failure) in
    try body()
    return Int32(0)
  } ?? 1
}

/// Memory of the caller's, lent while a function runs; workers read it or write parts of it that
/// are theirs alone.
struct Lent<Pointer>: @unchecked Sendable {
  let pointer: Pointer
  init(_ pointer: Pointer) { self.pointer = pointer }
}

/// A count that C gives.
func checkedCount(_ count: Int64, _ name: String, most: Int = Int.max) throws(Failure) -> Int {
  guard count >= 0, count <= most else {
    throw Failure(.usage, at: name, "\(count) is not between 0 and \(most)")
  }
  return Int(count)
}

func checkedWorkers(_ workers: Int32) throws(Failure) -> Int {
  guard (1...1024).contains(workers) else {
    throw Failure(.usage, setting: "workers", "\(workers) is not between 1 and 1024")
  }
  return Int(workers)
}

func checkedSide(_ side: Int32) throws(Failure) -> Side {
  guard side == 0 || side == 1 else { throw Failure(.usage, at: "side", "\(side) is none") }
  return side == 0 ? .user : .item
}

/// A path, which may not be empty.
func checkedPath(_ path: UnsafePointer<CChar>?) throws(Failure) -> String {
  let text = String(cString: try required(path, "path"))
  guard !text.isEmpty else { throw Failure(.usage, at: "path", "is empty") }
  return text
}

/// `blockals_interface` of include/blockals.h.
@_cdecl("blockals_interface")
public func interface() -> Int32 { 1 }

/// `blockals_failure_kind` of include/blockals.h.
@_cdecl("blockals_failure_kind")
public func failureKind(_ failure: UnsafeRawPointer?) -> Int32 {
  failure.map { object($0, FailureBox.self).kind } ?? 0
}

/// `blockals_failure_place` of include/blockals.h.
@_cdecl("blockals_failure_place")
public func failurePlace(_ failure: UnsafeRawPointer?) -> UnsafePointer<CChar>? {
  failure.map { UnsafePointer(object($0, FailureBox.self).place) }
}

/// `blockals_failure_message` of include/blockals.h.
@_cdecl("blockals_failure_message")
public func failureMessage(_ failure: UnsafeRawPointer?) -> UnsafePointer<CChar>? {
  failure.map { UnsafePointer(object($0, FailureBox.self).message) }
}

/// `blockals_failure_hint` of include/blockals.h.
@_cdecl("blockals_failure_hint")
public func failureHint(_ failure: UnsafeRawPointer?) -> UnsafePointer<CChar>? {
  failure.map { UnsafePointer(object($0, FailureBox.self).hint) }
}

/// `blockals_failure_free` of include/blockals.h.
@_cdecl("blockals_failure_free")
public func failureFree(_ failure: Handle?) { release(failure, FailureBox.self) }

/// `blockals_stop_new` of include/blockals.h.
@_cdecl("blockals_stop_new")
public func stopNew() -> Handle { handle(StopRequest()) }

/// `blockals_stop_set` of include/blockals.h.
@_cdecl("blockals_stop_set")
public func stopSet(_ stop: UnsafeRawPointer?) {
  if let stop { object(stop, StopRequest.self).set() }
}

/// `blockals_stop_free` of include/blockals.h.
@_cdecl("blockals_stop_free")
public func stopFree(_ stop: Handle?) { release(stop, StopRequest.self) }

/// The stop request of a handle; one that nobody sets where there is none.
func stopRequest(_ stop: UnsafeRawPointer?) -> StopRequest {
  stop.map { object($0, StopRequest.self) } ?? StopRequest()
}

/// `blockals_text_free` of include/blockals.h.
@_cdecl("blockals_text_free")
public func textFree(_ text: UnsafeMutablePointer<CChar>?) { text?.deallocate() }
