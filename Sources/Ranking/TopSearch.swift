import BlockMatrix
import Kernels
import Workers

/// Finds, for each of many rows, the candidates with the highest scores.
///
/// The result is exact.
///
/// Equal scores are ranked by ascending index, so that the ranking depends on the factors alone:
/// not on tiles, batches, workers or the instruction set.
package struct TopSearch: Sendable {
  /// Rows that are searched for together, so that a tile is read from memory once for all of them.
  static let batchSize = 256

  package let candidates: CandidateTiles
  private let kernels: KernelSet

  package init(_ candidates: CandidateTiles, kernels: KernelSet) {
    self.candidates = candidates
    self.kernels = kernels
  }

  /// Ranks for rows `0..<count`, on all workers.
  ///
  /// - Parameters:
  ///   - limit: The length of each ranking, at least 1; shorter where there are fewer candidates.
  ///   - row: The numbers of a row, as wide as the candidates.
  ///   - excluded: The indices that a row must not get, ascending.
  ///   - transform: Turns the rankings of neighbouring rows into a result, on a worker.
  /// - Returns: The results of neighbouring rows, in the order of the rows.
  /// - Complexity: O(count · candidates · width) at worst; less where norms differ.
  package func rank<Output: Sendable>(
    count: Int, limit: Int, workers: Int,
    row: @escaping @Sendable (Int) -> [Float],
    excluded: @escaping @Sendable (Int) -> ArraySlice<UInt32>,
    transform: @escaping @Sendable (_ firstRow: Int, [[Candidate]]) throws(Failure) -> Output
  ) throws(Failure) -> [Output] {
    precondition(limit >= 1)
    // Small batches where there are few rows: every worker is to have some.
    let size = max(
      QueryGroups.lanes, min(Self.batchSize, count / max(1, workers * 4) / 8 * 8))
    return try Parallel.map(rangesOf: count, length: size, workers: workers) {
      rows throws(Failure) in
      let rankings = try search(rows: rows, limit: limit, row: row, excluded: excluded)
      return try transform(rows.lowerBound, rankings)
    }
  }

  private func search(
    rows: Range<Int>, limit: Int, row: (Int) -> [Float], excluded: (Int) -> ArraySlice<UInt32>
  ) throws(Failure) -> [[Candidate]] {
    let groups = try QueryGroups(rows.map(row), width: candidates.width)
    let reach = groups.norms.map { $0 * margin }
    var best = [BestCandidates](
      repeating: BestCandidates(limit: max(1, min(limit, candidates.count))), count: rows.count)
    // Rows that fill up the last group reach no threshold.
    var thresholds = [Float](repeating: .infinity, count: groups.groupCount * QueryGroups.lanes)
    for position in 0..<rows.count { thresholds[position] = -.infinity }
    var scores = [Float](repeating: 0, count: QueryGroups.lanes * CandidateTiles.lanes)
    var searching = Array(0..<groups.groupCount)
    for tile in 0..<candidates.tileCount where !searching.isEmpty {
      let norm = candidates.norms[tile]
      searching.removeAll { group in
        queries(ofGroup: group, of: rows.count)
          .allSatisfy { reach[$0] * norm < Double(thresholds[$0]) }
      }
      for group in searching {
        var reached = unsafe scores.withUnsafeMutableBufferPointer { scores in
          unsafe thresholds.withUnsafeBufferPointer { thresholds in
            guard let scores = scores.baseAddress, let thresholds = thresholds.baseAddress
            else { return UInt32(0) }
            return unsafe kernels.scoreTile(
              groups.group(group), candidates.tile(tile), candidates.width,
              thresholds + group * QueryGroups.lanes, scores)
          }
        }
        while reached != 0 {
          let query = reached.trailingZeroBitCount
          reached &= reached - 1
          let position = group * QueryGroups.lanes + query
          thresholds[position] = offer(
            tile, scores[(query * CandidateTiles.lanes)...].prefix(CandidateTiles.lanes),
            to: &best[position], excluded: excluded(rows.lowerBound + position))
        }
      }
    }
    return best.map { $0.ranked() }
  }

  /// What a norm is multiplied by, so that no computed score exceeds the product of the norms.
  ///
  /// By Cauchy and Schwarz the exact score is at most the product of both norms, and rounding adds
  /// at most width · 2⁻²⁴ / (1 − width · 2⁻²⁴) of that (Higham, Accuracy and Stability of Numerical
  /// Algorithms, section 3.1). Twice that, and some more for the norms' own rounding.
  private var margin: Double { 1 + Double(candidates.width + 2) * 0x1p-22 }

  private func queries(ofGroup group: Int, of count: Int) -> Range<Int> {
    group * QueryGroups.lanes..<min(count, (group + 1) * QueryGroups.lanes)
  }

  /// Offers a tile's rows and returns the new threshold.
  private func offer(
    _ tile: Int, _ scores: ArraySlice<Float>, to best: inout BestCandidates,
    excluded: ArraySlice<UInt32>
  ) -> Float {
    var threshold = best.threshold
    let first = tile * CandidateTiles.lanes
    for (lane, score) in scores.prefix(candidates.rowCount(ofTile: tile)).enumerated()
    where score >= threshold {
      let index = candidates.indices[first + lane]
      guard !excluded.contains(sorted: index) else { continue }
      best.offer(Candidate(index: index, score: score))
      threshold = best.threshold
    }
    return threshold
  }
}

extension RandomAccessCollection<UInt32> where Index == Int {
  /// Where an ascending collection holds a value; `nil` where it does not.
  func firstPlace(sorted value: UInt32) -> Int? {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < endIndex && self[low] == value ? low : nil
  }

  /// Whether an ascending collection holds a value.
  func contains(sorted value: UInt32) -> Bool { firstPlace(sorted: value) != nil }
}
