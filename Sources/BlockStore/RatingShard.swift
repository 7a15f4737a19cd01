import BlockMatrix

/// A block of ratings as a file: `users-00000.csr`, `items-00000.csr`.
enum RatingShard {
  static func fileName(_ side: Side, block: Int) -> String {
    "\(side.plural)-\(Path.number(block, digits: 5)).csr"
  }

  static func encode(_ block: RatingBlock) throws(Failure) -> [UInt8] {
    let header = ShardHeader(
      kind: .ratings, side: block.side, block: block.block, firstIndex: block.firstIndex,
      rowCount: block.rowCount, entryCount: block.ratingCount,
      distinctColumnCount: block.distinctColumnCount)
    let counts = (0..<block.rowCount).map { UInt32(block.ratings(ofRow: $0).count) }
    return try ShardFile.encode(
      header,
      sections: [(.counts, Varint.encode(counts)), (.columns, Varint.encode(steps(of: block)))]
        + ValueSections.encode(block.values))
  }

  /// Each row's first column, then the steps from one column to the next.
  private static func steps(of block: RatingBlock) -> [UInt32] {
    // Columns ascend, and popular ones are near each other: most steps are one byte.
    var steps = block.columns
    for row in 0..<block.rowCount {
      var previous: UInt32 = 0
      for position in block.ratings(ofRow: row) {
        let column = steps[position]
        steps[position] = column - previous
        previous = column
      }
    }
    return steps
  }

  /// Reads a block and checks everything that can be checked without the other files.
  ///
  /// - Parameter columnCount: The rows of the opposite side; every column lies below.
  static func read(
    _ path: String, side: Side, block: Int, indices: Range<Int>, columnCount: Int,
    expected: FileFacts?, in fileSystem: any FileSystem
  ) throws(Failure) -> RatingBlock {
    let file = try ShardFile(path, in: fileSystem, expected: expected)
    let header = file.header
    guard header.kind == .ratings, header.side == side, header.block == block,
      header.firstIndex == indices.lowerBound, header.rowCount == indices.count
    else {
      throw file.damagedHeader(
        16,
        "belongs to \(header.side.plural) block \(header.block) with \(header.rowCount) rows from "
          + "index \(header.firstIndex), not to \(side.plural) block \(block) with "
          + "\(indices.count) rows from index \(indices.lowerBound)")
    }
    try file.requireSections([.counts, .columns] + ValueSections.kinds(coded: file.hasDictionary))
    let rowOffsets = try offsets(of: file)
    let most = try file.arithmetic(header.entryCount, times: Varint.mostBytes, .columns)
    let steps = try file.section(.columns, rawCounts: header.entryCount...most)
    let columns = try columns(
      from: steps, rowOffsets: rowOffsets, columnCount: columnCount, file: file)
    let values = try ValueSections.decode(file, count: header.entryCount)
    guard header.distinctColumnCount <= min(columnCount, header.entryCount) else {
      throw file.damagedHeader(
        48, "\(header.distinctColumnCount) different columns in \(header.entryCount) ratings")
    }
    return RatingBlock(
      side: side, block: block, firstIndex: header.firstIndex, rowOffsets: rowOffsets,
      columns: columns, values: values, distinctColumnCount: header.distinctColumnCount)
  }

  /// Where each row begins: the sums of the rows' counts.
  private static func offsets(of file: ShardFile) throws(Failure) -> [Int] {
    let offsets = try file.varints(.counts, count: file.header.rowCount).offsets
    let sum = offsets[offsets.count - 1]
    guard sum == file.header.entryCount else {
      throw file.broken(
        .counts, "the rows' counts sum up to \(sum), the header says \(file.header.entryCount)")
    }
    return offsets
  }

  /// Adds up the steps of each row.
  ///
  /// A row's columns do not descend, so that its last one tells whether all lie below
  /// `columnCount`.
  private static func columns(
    from steps: [UInt8], rowOffsets: [Int], columnCount: Int, file: ShardFile
  ) throws(Failure) -> [UInt32] {
    let count = rowOffsets[rowOffsets.count - 1]
    var brokenRow: (row: Int, column: UInt64)?
    var isWhole = false
    let columns = unsafe [UInt32](unsafeUninitializedCapacity: count) { columns, filled in
      unsafe steps.withUnsafeBufferPointer { source in
        var reader = unsafe VarintReader(source)
        for row in 0..<rowOffsets.count - 1 {
          // Fewer than 2^32 steps below 2^32 cannot overflow.
          var column: UInt64 = 0
          for position in rowOffsets[row]..<rowOffsets[row + 1] {
            column &+= UInt64(unsafe reader.next())
            unsafe columns[position] = UInt32(truncatingIfNeeded: column)
          }
          if column >= columnCount, rowOffsets[row] < rowOffsets[row + 1], brokenRow == nil {
            brokenRow = (row, column)
          }
        }
        isWhole = unsafe reader.isAtEnd
      }
      filled = count
    }
    guard isWhole else { throw file.broken(.columns, "is not \(count) numbers below 2^32") }
    if let (row, column) = brokenRow {
      throw file.broken(.columns, "column \(column) of \(columnCount) in row \(row)")
    }
    return columns
  }
}
