import BlockMatrix

/// What a message is about; those about one subject arrive in the order they were sent.
package enum Subject: Int, CaseIterable, Sendable {
  /// Rows of factors, to where blocks refer to them.
  case userRows, itemRows
  /// Which rows a rank refers to.
  case routes
  /// Sums that are carried from rank to rank.
  case fold
  /// What all have to know: counts, decisions, names.
  case agreement
  /// Blocks of items that move on along the diagonals of a grid.
  case strata
  /// Rows that go from one cut of a side to another.
  case moves
  /// Rows that go to whoever writes them down, and what was written.
  case checkpoint
  /// Why a rank cannot go on.
  case failure

  /// Rows of a side.
  package static func rows(of side: Side) -> Subject { side == .user ? .userRows : .itemRows }
}

/// How the processes that train together reach each other.
///
/// Messages are whole or they are not there: a link checks what it delivers. Where a process is
/// lost, every call that waits for it fails.
package protocol RankLink: AnyObject, Sendable {
  /// The number of this process, from 0.
  var rank: Int { get }
  var rankCount: Int { get }
  /// The bytes that this process has sent so far.
  var sentBytes: Int { get }

  /// Sends a message; any thread. Waits where too much is on its way already.
  func send(_ message: [UInt8], about subject: Subject, to rank: Int) throws(Failure)

  /// Waits for the next message about a subject from a rank; one thread for each subject.
  func receive(_ subject: Subject, from rank: Int) throws(Failure) -> [UInt8]

  /// Hands the messages about a subject over as they come, on a thread of the link's.
  func deliver(_ subject: Subject, to receiver: any MessageReceiver)
}

/// Takes messages as they come.
package protocol MessageReceiver: AnyObject, Sendable {
  func take(_ message: [UInt8], from rank: Int)
  /// Nothing comes any more.
  func lose(_ failure: Failure)
}
