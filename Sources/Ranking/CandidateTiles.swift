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
  ///   - rows: The numbers of some rows, `width` of them for each; asked twice for all rows, in the
  ///     order of `indices`, so that they need not be in memory beside the tiles.
  /// - Complexity: O(n · (width + log n)).
  package init(
    _ indices: [UInt32], width: Int, rows: ([UInt32]) throws(Failure) -> [[Float]]
  ) throws(Failure) {
    let lanes = Self.lanes
    let parts = stride(from: 0, to: indices.count, by: Self.rowsAtOnce)
      .map { $0..<min($0 + Self.rowsAtOnce, indices.count) }
    var rowNorms: [Double] = []
    rowNorms.reserveCapacity(indices.count)
    for part in parts { rowNorms += try rows(Array(indices[part])).map { norm($0) } }
    let order = indices.indices.sorted {
      rowNorms[$0] > rowNorms[$1] || (rowNorms[$0] == rowNorms[$1] && indices[$0] < indices[$1])
    }
    self.width = width
    self.indices = order.map { indices[$0] }
    norms = stride(from: 0, to: order.count, by: lanes).map { rowNorms[order[$0]] }
    tiles = try FactorTable(rowCount: norms.count, rank: width * lanes)
    var positions = [Int](repeating: 0, count: order.count)
    for (position, place) in order.enumerated() { positions[place] = position }
    for part in parts {
      for (place, row) in zip(part, try rows(Array(indices[part]))) {
        let position = positions[place]
        let tile = unsafe tiles.writableRow(position / lanes) + position % lanes
        for (factor, value) in row.enumerated() { unsafe tile[factor * lanes] = value }
      }
    }
  }

  /// Rows that are asked for together.
  private static let rowsAtOnce = 1 << 12

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
