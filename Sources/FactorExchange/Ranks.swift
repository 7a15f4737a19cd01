import BlockMatrix
import BlockStore

/// The processes that train together, as one of them sees them.
///
/// Numbers are carried from rank to rank in their order and never reduced on the way: the sums are
/// those of one process, bit for bit. Every rank makes the same calls in the same order.
package struct Ranks: Sendable {
  private let link: (any RankLink)?
  /// The number of this process, from 0.
  package let rank: Int
  package let count: Int

  /// One process, which has nobody to ask.
  package static let alone = Ranks()

  private init() {
    link = nil
    rank = 0
    count = 1
  }

  package init(_ link: any RankLink) {
    self.link = link.rankCount > 1 ? link : nil
    rank = link.rank
    count = link.rankCount
  }

  package var isAlone: Bool { link == nil }
  /// Whether this is the rank that speaks for all: it prints, and it writes what is written once.
  package var speaks: Bool { rank == 0 }
  package var others: [Int] { (0..<count).filter { $0 != rank } }
  /// The bytes that this process has sent so far.
  package var sentBytes: Int { link?.sentBytes ?? 0 }

  package func send(_ message: [UInt8], about subject: Subject, to rank: Int) throws(Failure) {
    try link?.send(message, about: subject, to: rank)
  }

  package func receive(_ subject: Subject, from rank: Int) throws(Failure) -> [UInt8] {
    try link?.receive(subject, from: rank) ?? []
  }

  package func deliver(_ subject: Subject, to receiver: any MessageReceiver) {
    link?.deliver(subject, to: receiver)
  }

  // MARK: In order

  /// Carries numbers from rank to rank.
  ///
  /// Rank 0 begins with `start`, each rank goes on with what the one before it made, and what the
  /// last one makes is everybody's result.
  ///
  /// - Parameter step: Makes of the numbers that come as many that go on.
  /// - Complexity: As many steps one after another as there are ranks.
  package func fold(
    _ start: [Double], _ step: ([Double]) throws(Failure) -> [Double]
  ) throws(Failure) -> [Double] {
    let carried = rank == 0 ? start : try numbers(from: rank - 1, start.count, .fold)
    let made = try step(carried)
    precondition(made.count == start.count)
    if rank + 1 < count {
      try send(made.memoryBytes, about: .fold, to: rank + 1)
      return try numbers(from: count - 1, start.count, .fold)
    }
    for other in 0..<rank { try send(made.memoryBytes, about: .fold, to: other) }
    return made
  }

  private func numbers(
    from rank: Int, _ expected: Int, _ subject: Subject
  ) throws(Failure) -> [Double] {
    let message = try receive(subject, from: rank)
    guard message.count == expected * 8 else { throw Self.misfit(message, from: rank) }
    return [Double](littleEndian: message)
  }

  package static func misfit(_ message: [UInt8], from rank: Int) -> Failure {
    Failure(
      .io, at: "rank \(rank)", "sent \(message.count) bytes that nobody waits for",
      hint: "all ranks have to run the same version with the same options")
  }

  // MARK: In any order

  /// What each rank has to say, in the order of the ranks, on every rank.
  package func gather(
    _ message: [UInt8], about subject: Subject = .agreement
  ) throws(Failure) -> [[UInt8]] {
    for other in others { try send(message, about: subject, to: other) }
    var all: [[UInt8]] = []
    for other in 0..<count {
      all.append(other == rank ? message : try receive(subject, from: other))
    }
    return all
  }

  /// Waits until all ranks have come here.
  package func meet() throws(Failure) { _ = try gather([]) }

  /// What rank 0 has to say; the others' own messages go nowhere.
  package func spoken(
    _ message: [UInt8], about subject: Subject = .agreement
  ) throws(Failure) -> [UInt8] {
    guard speaks else { return try receive(subject, from: 0) }
    for other in others { try send(message, about: subject, to: other) }
    return message
  }

  /// Sums of whole numbers over all ranks, one for each.
  package func totals(_ numbers: [Int]) throws(Failure) -> [Int] {
    guard !isAlone else { return numbers }
    var sums = [Int](repeating: 0, count: numbers.count)
    for (rank, message) in try gather(numbers.memoryBytes).enumerated() {
      guard message.count == numbers.count * 8 else { throw Self.misfit(message, from: rank) }
      for (position, number) in [Int](littleEndian: message).enumerated() {
        sums[position] &+= number
      }
    }
    return sums
  }

  /// Whether it is so on any rank.
  package func any(_ isSo: Bool) throws(Failure) -> Bool { try totals([isSo ? 1 : 0])[0] > 0 }
}
