import BlockMatrix

/// The factors of one side of a model: in memory, or in files that they are read from as they are
/// asked for.
///
/// Answers need all of one side, the one that is ranked, and of the other only the rows at hand.
package enum FactorRows: Sendable {
  case held(FactorTable)
  case stored(StoredFactors)

  package var count: Int {
    switch self {
    case .held(let table): table.rowCount
    case .stored(let stored): stored.rowCount
    }
  }
  package var rank: Int {
    switch self {
    case .held(let table): table.rank
    case .stored(let stored): stored.rank
    }
  }
  package var hasBias: Bool {
    switch self {
    case .held(let table): table.hasBias
    case .stored(let stored): stored.hasBias
    }
  }

  /// Some rows: row n of the result is row `indices[n]`.
  ///
  /// - Complexity: O(`indices`) where they are held. In files, each piece of about
  ///   a quarter of a megabyte that has one of the rows is read once.
  package func table(of indices: [UInt32], workers: Int = 1) throws(Failure) -> FactorTable {
    switch self {
    case .stored(let stored): return try stored.table(of: indices, workers: workers)
    case .held(let table):
      let some = try FactorTable(rowCount: indices.count, rank: rank, hasBias: hasBias)
      for (position, index) in indices.enumerated() {
        some.setRow(position, to: Int(index), of: table)
      }
      return some
    }
  }

  /// Rows that lie side by side: row n of the result is row `range.lowerBound + n`.
  package func table(of range: Range<Int>, workers: Int = 1) throws(Failure) -> FactorTable {
    try table(of: range.map { UInt32($0) }, workers: workers)
  }

  /// All rows in memory.
  package func table(workers: Int = 1) throws(Failure) -> FactorTable {
    if case .held(let table) = self { return table }
    return try table(of: 0..<count, workers: workers)
  }

  /// All rows in ranges of at most some megabytes, in their order.
  package var ranges: [Range<Int>] {
    let length = max(1, (1 << 20) / max(1, rank))
    return stride(from: 0, to: count, by: length).map { $0..<min($0 + length, count) }
  }
}
