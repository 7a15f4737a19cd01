import BlockMatrix
import BlockStore
import Workers

/// The forms in which factors leave for other programs.
package enum ExportFormat: String, Sendable, CaseIterable {
  /// NumPy arrays of little-endian 32-bit floats: `users.npy` (rows × rank), `users.bias.npy`.
  case npy
  /// `users.csv`: id, bias, factors; floats in the fewest digits that read back the same.
  case csv
  /// `users.safetensors` with the tensors `factors` (rows × rank) and `bias` (rows).
  case safetensors
  /// LIBMF's text model, `model.txt`.
  case libmf
}

/// Writes a model for other programs, as a directory that appears complete or not at all.
///
/// Beside the factors of each side stand its ids, `users.ids.txt` and `items.ids.txt`, a line for
/// each row in order (``IdText/appendEscaped(_:to:)``), and `export.json` says what there is.
package struct FactorExport {
  private let model: FactorModel
  private let facts: GenerationFacts

  package init(_ loaded: LoadedModel) {
    model = loaded.model
    facts = loaded.facts
  }

  /// Writes the files.
  ///
  /// - Returns: Whether they were all there already.
  /// - Throws: `.output` where there is something else already; `.stopped` on request. Nothing is
  ///   left then.
  @discardableResult
  package func write(
    _ format: ExportFormat, to path: String, in fileSystem: any FileSystem,
    stop: StopRequest = StopRequest()
  ) throws(Failure) -> Bool {
    let directory = try NewDirectory(path, in: fileSystem, stop: stop)
    switch format {
    case .npy: try writeNpy(directory)
    case .csv: try writeCSV(directory)
    case .safetensors: try writeSafetensors(directory)
    case .libmf: try writeLIBMF(directory)
    }
    for side in Side.allCases { try writeIds(side, directory) }
    try directory.write("export.json", pieces: 1) { _ throws(Failure) in
      Array((description(format).text + "\n").utf8)
    }
    try directory.commit()
    return directory.isTaken
  }

  /// What `export.json` says.
  private func description(_ format: ExportFormat) -> JSONText {
    .object([
      ("format", .string(format.rawValue)),
      ("users", .int(model.ids.user.count)),
      ("items", .int(model.ids.item.count)),
      ("rank", .int(model.rank)),
      ("biases", .bool(model.hasBias)),
      ("mean", .number(Double(model.mean))),
      ("iteration", .int(facts.iteration)),
      ("partitionDigest", .string(facts.partitionDigest)),
    ])
  }

  // MARK: The forms

  private func writeNpy(_ directory: NewDirectory) throws(Failure) {
    for side in Side.allCases {
      let table = model.factors[side]
      try writeFloats(
        "\(side.plural).npy", Self.npyHeader([table.rowCount, table.rank]), table, [.factors],
        directory)
      if table.hasBias {
        try writeFloats(
          "\(side.plural).bias.npy", Self.npyHeader([table.rowCount]), table, [.bias], directory)
      }
    }
  }

  private func writeSafetensors(_ directory: NewDirectory) throws(Failure) {
    for side in Side.allCases {
      let table = model.factors[side]
      try writeFloats(
        "\(side.plural).safetensors", Self.safetensorsHeader(table, side), table,
        table.hasBias ? [.factors, .bias] : [.factors], directory)
    }
  }

  private func writeCSV(_ directory: NewDirectory) throws(Failure) {
    for side in Side.allCases {
      let table = model.factors[side]
      let names = (table.hasBias ? ["bias"] : []) + (0..<table.rank).map { "f\($0)" }
      try writeRows(
        "\(side.plural).csv", Array((["id"] + names).joined(separator: ",").utf8) + [0x0A],
        count: table.rowCount, directory
      ) { row, text in
        IdText.appendQuoted(model.ids[side][row], to: &text)
        if table.hasBias { text += ",\(table.bias(row))".utf8 }
        for factor in table.factors(row) { text += ",\(factor)".utf8 }
        text.append(0x0A)
      }
    }
  }

  /// The lines `f m n k b`, then a line for each user and item: its name, `T`, its numbers.
  ///
  /// LIBMF has no biases: they are two factors more (``FactorModel/scoringRow(_:_:)``). `f 0` is
  /// squared error, `b` what LIBMF predicts for an unknown pair.
  private func writeLIBMF(_ directory: NewDirectory) throws(Failure) {
    let (users, items) = (model.ids.user.count, model.ids.item.count)
    let header = "f 0\nm \(users)\nn \(items)\nk \(model.scoringWidth)\nb \(model.mean)\n"
    try writeRows("model.txt", Array(header.utf8), count: users + items, directory) { row, text in
      let side: Side = row < users ? .user : .item
      let index = row < users ? row : row - users
      text += "\(side == .user ? "p" : "q")\(index) T ".utf8
      for number in model.scoringRow(side, index) { text += "\(number) ".utf8 }
      text.append(0x0A)
    }
  }

  private func writeIds(_ side: Side, _ directory: NewDirectory) throws(Failure) {
    try writeRows(
      "\(side.plural).ids.txt", [], count: model.ids[side].count, directory
    ) { row, text in
      IdText.appendEscaped(model.ids[side][row], to: &text)
      text.append(0x0A)
    }
  }

  // MARK: Their parts

  private enum Part { case factors, bias }

  /// Rows that are turned into bytes at a time.
  private static let pieceRows = 1 << 12

  /// Writes a header, then rows as text.
  private func writeRows(
    _ name: String, _ header: [UInt8], count: Int, _ directory: NewDirectory,
    row: (Int, inout [UInt8]) -> Void
  ) throws(Failure) {
    let pieces = (count + Self.pieceRows - 1) / Self.pieceRows
    try directory.write(name, pieces: 1 + pieces) { piece throws(Failure) in
      guard piece > 0 else { return header }
      var text: [UInt8] = []
      for index in (piece - 1) * Self.pieceRows..<min(count, piece * Self.pieceRows) {
        row(index, &text)
      }
      return text
    }
  }

  /// Writes a header, then parts of a table as little-endian floats.
  private func writeFloats(
    _ name: String, _ header: [UInt8], _ table: FactorTable, _ parts: [Part],
    _ directory: NewDirectory
  ) throws(Failure) {
    let pieces = (table.rowCount + Self.pieceRows - 1) / Self.pieceRows
    try directory.write(name, pieces: 1 + pieces * parts.count) { piece throws(Failure) in
      guard piece > 0 else { return header }
      let (part, position) = (piece - 1).quotientAndRemainder(dividingBy: pieces)
      let first = position * Self.pieceRows
      var bytes: [UInt8] = []
      for row in first..<min(table.rowCount, first + Self.pieceRows) {
        for number in parts[part] == .bias ? [table.bias(row)] : table.factors(row) {
          let bits = number.bitPattern
          for shift in [0, 8, 16, 24] as [UInt32] {
            bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
          }
        }
      }
      return bytes
    }
  }

  /// The header of NumPy's format, version 1.0: its length makes the data begin at a multiple of
  /// 64.
  static func npyHeader(_ shape: [Int]) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sizes)), }"
    // Six bytes of magic, two of version, two of length; then the text, ended by a line feed.
    let length = (10 + dictionary.utf8.count + 1 + 63) / 64 * 64 - 10
    dictionary += String(repeating: " ", count: length - dictionary.utf8.count - 1) + "\n"
    return [0x93] + Array("NUMPY".utf8)
      + [1, 0, UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
      + Array(dictionary.utf8)
  }

  /// The length of the JSON in 8 bytes, then the JSON, filled up with spaces to a multiple of 8.
  static func safetensorsHeader(_ table: FactorTable, _ side: Side) -> [UInt8] {
    func tensor(_ shape: [Int], _ start: Int, _ end: Int) -> JSONText {
      .object([
        ("dtype", .string("F32")), ("shape", .array(shape.map { .int($0) })),
        ("data_offsets", .array([.int(start), .int(end)])),
      ])
    }
    let factorBytes = table.rowCount * table.rank * 4
    var members: [(String, JSONText)] = [
      ("__metadata__", .object([("side", .string(side.rawValue))])),
      ("factors", tensor([table.rowCount, table.rank], 0, factorBytes)),
    ]
    if table.hasBias {
      let end = factorBytes + table.rowCount * 4
      members.append(("bias", tensor([table.rowCount], factorBytes, end)))
    }
    var json = Array(JSONText.object(members).text.utf8)
    json += [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> ($0 * 8)) } + json
  }
}
