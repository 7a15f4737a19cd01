import CSystem

/// What the C library's allocator does with memory that was freed.
package enum ProcessHeap {
  /// Has threads that begin from now on share one heap, not have one each.
  ///
  /// What one stage's threads have freed then serves the next stage's. It holds for the whole
  /// process, so it is nothing for a library to do.
  package static func share() { csystem_share_heap() }

  /// Gives what was freed back to the system, also from between what is still held.
  ///
  /// - Complexity: O(pieces of free memory).
  static func returnFreedMemory() { csystem_return_freed_memory() }
}
