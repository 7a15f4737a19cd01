import BlockMatrix
import Kernels

/// Rows to choose from, laid out for scoring: tiles of 32 rows, within a tile factor after factor.
///
/// Rows descend by norm, so that a search may end where no further row can reach its threshold.
package struct CandidateTiles: Sendable {
  /// Rows in a tile; the last tile is filled up with zeros.
  package static let lanes = KernelSet.scoredItems

  /// Numbers in a row.
  package let width: Int
  /// The index of each row, in the order of the tiles.
  package let indices: [UInt32]
  /// For each tile the largest norm among its rows; descending.
  let norms: [Double]
  /// A row of this table is a tile: `width` × 32 floats.
  private let tiles: FactorTable

  package var count: Int { indices.count }
  var tileCount: Int { norms.count }

  /// Lays out rows.
  ///
  /// - Parameters:
  ///   - indices: Which rows; all different.
  ///   - row: The numbers of a row, `width` of them.
  /// - Complexity: O(n · (width + log n)).
  package init(
    _ indices: some Sequence<UInt32>, width: Int, row: (Int) -> [Float]
  ) throws(Failure) {
    let lanes = Self.lanes
    let sized = indices.map { (index: $0, norm: norm(row(Int($0)))) }
      .sorted { $0.norm > $1.norm || ($0.norm == $1.norm && $0.index < $1.index) }
    self.width = width
    self.indices = sized.map(\.index)
    norms = stride(from: 0, to: sized.count, by: lanes).map { sized[$0].norm }
    tiles = try FactorTable(rowCount: norms.count, rank: width * lanes)
    for (position, entry) in sized.enumerated() {
      let tile = unsafe tiles.writableRow(position / lanes) + position % lanes
      for (factor, value) in row(Int(entry.index)).enumerated() {
        unsafe tile[factor * lanes] = value
      }
    }
  }

  /// The floats of a tile; valid as long as this value lives.
  func tile(_ number: Int) -> UnsafePointer<Float> { unsafe tiles.base + number * tiles.stride }

  /// The rows of a tile that are rows and no filling.
  func rowCount(ofTile number: Int) -> Int { min(Self.lanes, count - number * Self.lanes) }
}

/// The rows that look for candidates, laid out for scoring: groups of 8, factor after factor.
struct QueryGroups {
  /// Rows in a group; the last group is filled up with zeros.
  static let lanes = KernelSet.scoredUsers

  let count: Int
  let norms: [Double]
  /// A row of this table is a group: `width` × 8 floats.
  private let groups: FactorTable

  var groupCount: Int { groups.rowCount }

  init(_ rows: some Collection<[Float]>, width: Int) throws(Failure) {
    let lanes = Self.lanes
    count = rows.count
    norms = rows.map { norm($0) }
    groups = try FactorTable(rowCount: (rows.count + lanes - 1) / lanes, rank: width * lanes)
    for (position, row) in rows.enumerated() {
      let group = unsafe groups.writableRow(position / lanes) + position % lanes
      for (factor, value) in row.enumerated() { unsafe group[factor * lanes] = value }
    }
  }

  func group(_ number: Int) -> UnsafePointer<Float> { unsafe groups.base + number * groups.stride }
}

/// The Euclidean norm, in Double.
func norm(_ row: [Float]) -> Double {
  row.reduce(into: 0.0) { sum, value in sum += Double(value) * Double(value) }.squareRoot()
}
