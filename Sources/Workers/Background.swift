import BlockMatrix

/// One piece of work on a thread of its own, while the caller goes on.
package final class Background<Output: Sendable>: Sendable {
  private let result = Monitor<Result<Output, Failure>?>(nil)

  /// Begins the work; where there is no thread for it, that is what comes of it.
  package init(_ body: @escaping @Sendable () throws(Failure) -> Output) {
    do throws(Failure) {
      try Thread { [result] in
        do throws(Failure) {
          let output = try body()
          result.withLock { $0 = .success(output) }
        } catch {
          result.withLock { $0 = .failure(error) }
        }
      }
      .detach()
    } catch {
      result.withLock { $0 = .failure(error) }
    }
  }

  /// Waits for the end of the work; may be called any number of times.
  package func wait() throws(Failure) -> Output {
    try result.wait { $0 }.get()
  }
}
