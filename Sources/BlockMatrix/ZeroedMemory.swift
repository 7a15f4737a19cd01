#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Numbers, zero at first, from a multiple of 64 bytes on; freed with their owner.
///
/// Large memory begins at a multiple of 2 MiB and asks for pages of that size: factor rows are read
/// in no order, and with pages of 4 KiB the processor would look up an address for each of them.
@safe
package struct ZeroedMemory<Number: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  // Sendable: it alone owns its memory; who may write where is for its owner to say.

  package let base: UnsafeMutablePointer<Number>
  /// What was mapped; `nil` where the allocator gave the memory.
  private let mapping: UnsafeMutableRawBufferPointer?

  private static var largePage: Int { 2 << 20 }

  /// `nil` where the operating system has none left.
  package init?(count: Int) {
    let (bytes, overflow) = max(1, count).multipliedReportingOverflow(
      by: MemoryLayout<Number>.stride)
    guard !overflow, bytes <= Int.max / 4 else { return nil }
    guard bytes >= 2 * Self.largePage else {
      var pointer: UnsafeMutableRawPointer?
      guard unsafe posix_memalign(&pointer, 64, bytes) == 0, let pointer = unsafe pointer else {
        return nil
      }
      unsafe memset(pointer, 0, bytes)
      unsafe base = pointer.assumingMemoryBound(to: Number.self)
      unsafe mapping = nil
      return
    }
    let length = bytes + Self.largePage
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard
      let mapped = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0),
      unsafe mapped != UnsafeMutableRawPointer(bitPattern: -1)
    else { return nil }
    let start = unsafe mapped.alignedUp(toMultipleOf: Self.largePage)
    // A kernel without large pages says no, and nothing but time is lost.
    _ = unsafe madvise(start, bytes, MADV_HUGEPAGE)
    unsafe base = start.assumingMemoryBound(to: Number.self)
    unsafe mapping = UnsafeMutableRawBufferPointer(start: mapped, count: length)
  }

  deinit {
    if let mapping = unsafe mapping {
      _ = unsafe munmap(mapping.baseAddress, mapping.count)
    } else {
      unsafe free(base)
    }
  }
}
