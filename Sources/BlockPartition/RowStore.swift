import BlockMatrix
import BlockStore
import RatingInput
import Workers

/// Ratings on their way from one stage to the next, by cells, in memory or in a spill file.
///
/// A stage appends pieces, each with a place in the order and cut into parts for one cell each; the
/// next takes whole cells, their parts in that order. What does not fit into memory goes to one
/// file, in whole pieces.
final class RowStore<Row: NumberedRating>: Sendable {
  private enum Content {
    case held([Row])
    case spilled(offset: Int, count: Int)

    var count: Int {
      switch self {
      case .held(let rows): rows.count
      case .spilled(_, let count): count
      }
    }
  }

  /// A piece of several parts in the spill file.
  ///
  /// There may be as many parts as ratings: only where they begin is kept.
  private struct SpilledPiece {
    let order: Int
    let offset: Int
    let firstCell: Int
    let bounds: [UInt32]

    func part(ofCell cell: Int) -> (order: Int, content: Content)? {
      let part = cell - firstCell
      guard part >= 0, part + 1 < bounds.count, bounds[part] < bounds[part + 1] else { return nil }
      return (
        order,
        .spilled(
          offset: offset + Int(bounds[part]) * RowStore<Row>.rowByteCount,
          count: Int(bounds[part + 1] - bounds[part]))
      )
    }
  }

  private struct State {
    var cells: [[(order: Int, content: Content)]] = []
    var pieces: [SpilledPiece] = []
    var writer: (any WritableFile)?
    var reader: (any ReadableFile)?
    var spilledByteCount = 0

    func parts(ofCell cell: Int) -> [(order: Int, content: Content)] {
      cell < cells.count ? cells[cell] + pieces.compactMap { $0.part(ofCell: cell) } : []
    }
  }

  private let state = Locked(State())
  private let budget: MemoryBudget
  private let path: String
  private let fileSystem: any FileSystem

  /// - Parameter path: Of the spill file, made when it is needed.
  init(budget: MemoryBudget, path: String, in fileSystem: any FileSystem) {
    self.budget = budget
    self.path = path
    self.fileSystem = fileSystem
  }

  var cellCount: Int { state.withLock { $0.cells.count } }
  var spilledByteCount: Int { state.withLock { $0.spilledByteCount } }

  /// The number of ratings in a cell.
  func count(ofCell cell: Int) -> Int {
    state.withLock { $0.parts(ofCell: cell).reduce(0) { $0 + $1.content.count } }
  }

  /// Adds a piece that lies in one cell.
  func append(_ rows: [Row], cell: Int) throws(Failure) {
    try append(rows, bounds: [0, rows.count], order: 0, firstCell: cell)
  }

  /// Adds a piece whose part `bounds[c]..<bounds[c + 1]` belongs to cell `firstCell + c`.
  func append(
    _ rows: [Row], bounds: [Int], order: Int, firstCell: Int = 0
  ) throws(Failure) {
    let partCount = bounds.count - 1
    let isHeld = budget.reserve(
      rows.count * Self.rowByteCount + partCount * Self.partByteCount)
    var parts: [Content] = []
    var piece: SpilledPiece?
    if isHeld {
      // Copies, so that each cell's memory is given back when the cell is taken.
      parts = (1..<bounds.count).map { part in
        let range = bounds[part - 1]..<bounds[part]
        return .held(range.count == rows.count ? Self.withoutSlack(rows) : Array(rows[range]))
      }
    } else {
      let offset = try spill(rows)
      if partCount == 1 {
        parts = [.spilled(offset: offset, count: rows.count)]
      } else {
        piece = SpilledPiece(
          order: order, offset: offset, firstCell: firstCell, bounds: bounds.map { UInt32($0) })
      }
    }
    let (held, spilled) = (parts, piece)
    state.withLock { state in
      while state.cells.count < firstCell + partCount { state.cells.append([]) }
      if let spilled { state.pieces.append(spilled) }
      for (part, content) in held.enumerated() where content.count > 0 {
        state.cells[firstCell + part].append((order, content))
      }
    }
    // Parts without ratings were counted, but nothing of them is kept.
    if isHeld { budget.release(parts.count { $0.count == 0 } * Self.partByteCount) }
  }

  /// All ratings of a cell; nothing may be appended any more.
  ///
  /// - Parameter keeping: Whether the cell stays, to be read again.
  func rows(ofCell cell: Int, keeping: Bool = false) throws(Failure) -> [Row] {
    let rows = try gather(cell, keeping: keeping)
    // Only now that the pieces are gone.
    if !keeping { budget.returnFreedMemory() }
    return rows
  }

  private func gather(_ cell: Int, keeping: Bool) throws(Failure) -> [Row] {
    try openReader()
    let (pieces, reader) = state.withLock { state in
      let pieces = state.parts(ofCell: cell).sorted { $0.order < $1.order }
      if !keeping, cell < state.cells.count { state.cells[cell] = [] }
      return (pieces, state.reader)
    }
    // Handed on as it is: no copy.
    if pieces.count == 1, case .held(let rows) = pieces[0].content {
      if !keeping { release(rows) }
      return rows
    }
    var rows: [Row] = []
    rows.reserveCapacity(pieces.reduce(0) { $0 + $1.content.count })
    for piece in pieces {
      switch piece.content {
      case .held(let held):
        rows.append(contentsOf: held)
        if !keeping { release(held) }
      case .spilled(let offset, let count):
        guard let reader else {
          throw Failure(.bug, at: path, "a spill file that was never written")
        }
        for part in stride(from: 0, to: count, by: Self.readRowCount) {
          let partCount = min(Self.readRowCount, count - part)
          let bytes = try reader.read(
            count: partCount * Self.rowByteCount, at: offset + part * Self.rowByteCount)
          Self.append(bytes, to: &rows)
        }
      }
    }
    return rows
  }

  private func release(_ rows: [Row]) {
    budget.release(rows.count * Self.rowByteCount + Self.partByteCount)
  }

  /// The ratings in memory that is hardly longer than they are: the budget counts ratings.
  private static func withoutSlack(_ rows: [Row]) -> [Row] {
    rows.capacity - rows.count <= rows.count / 8
      ? rows : unsafe rows.withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// Removes the spill file.
  func remove() throws(Failure) {
    let wasMade = state.withLock { state in
      let wasMade = state.writer != nil || state.reader != nil
      state.cells = []
      state.pieces = []
      state.writer = nil
      state.reader = nil
      return wasMade
    }
    if wasMade { try fileSystem.removeFile(path) }
  }

  /// Bytes of a rating, in memory and in a spill file.
  static var rowByteCount: Int { MemoryLayout<Row>.stride }

  /// What a part takes in memory beside its ratings: the places where they are, and of them.
  private static var partByteCount: Int { 96 }

  /// Ratings that are read from a spill file at a time: their bytes lie beside them.
  private static var readRowCount: Int { 1 << 14 }

  /// Writes a piece at the end of the spill file; returns where it begins.
  private func spill(_ rows: [Row]) throws(Failure) -> Int {
    try state.withLock { state throws(Failure) in
      let writer: any WritableFile
      if let open = state.writer {
        writer = open
      } else {
        writer = try fileSystem.create(path)
        state.writer = writer
      }
      let offset = state.spilledByteCount
      try unsafe writer.write(rows.span.bytes)
      state.spilledByteCount += rows.count * RowStore<Row>.rowByteCount
      return offset
    }
  }

  private func openReader() throws(Failure) {
    try state.withLock { state throws(Failure) in
      guard state.reader == nil, let writer = state.writer else { return }
      // Read back by this process alone: nothing of it has to outlive a crash, so that nothing is
      // flushed.
      try writer.close()
      state.reader = try fileSystem.open(path, streaming: false)
    }
  }

  private static func append(_ bytes: [UInt8], to rows: inout [Row]) {
    unsafe bytes.withUnsafeBytes { bytes in
      for offset in stride(from: 0, to: bytes.count, by: rowByteCount) {
        rows.append(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Row.self))
      }
    }
  }
}
