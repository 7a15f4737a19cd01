import BlockMatrix
import BlockStore
import Workers

/// The forms in which factors leave for other programs.
package enum ExportFormat: String, Sendable, CaseIterable {
  /// NumPy arrays of little-endian 32-bit floats: `users.npy` (rows × rank), `users.bias.npy`.
  case npy
  /// `users.csv`: id, bias, factors; floats in the fewest digits that read back the same.
  case csv
  /// `users.jsonl`: an object a row with its id, its bias and its factors.
  case jsonl
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
  private let vectors: ExportVectors
  private let isSpreadsheetSafe: Bool

  /// - Parameter isSpreadsheetSafe: Whether no id in CSV can be a formula; see ``IdText``.
  package init(
    _ loaded: LoadedModel, vectors: ExportVectors = .factors, isSpreadsheetSafe: Bool = false
  ) {
    self.vectors = vectors
    self.isSpreadsheetSafe = isSpreadsheetSafe
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
    case .jsonl: try writeJSONLines(directory)
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
      ("vectors", .string(vectors.rawValue)),
      ("dimensions", .int(rows(.user).rank)),
    ])
  }

  private func rows(_ side: Side) -> ExportedRows { ExportedRows(side, of: model, as: vectors) }

  // MARK: The forms

  private func writeNpy(_ directory: NewDirectory) throws(Failure) {
    for side in Side.allCases {
      let rows = rows(side)
      try writeFloats(
        "\(side.plural).npy", Self.npyHeader([rows.count, rows.rank]), rows, [.factors], directory)
      if rows.hasBias {
        try writeFloats(
          "\(side.plural).bias.npy", Self.npyHeader([rows.count]), rows, [.bias], directory)
      }
    }
  }

  private func writeSafetensors(_ directory: NewDirectory) throws(Failure) {
    for side in Side.allCases {
      let rows = rows(side)
      let header = Safetensors.header(
        metadata: [("side", side.rawValue)],
        tensors: [("factors", [rows.count, rows.rank])]
          + (rows.hasBias ? [("bias", [rows.count])] : []))
      try writeFloats(
        "\(side.plural).safetensors", header, rows, rows.hasBias ? [.factors, .bias] : [.factors],
        directory)
    }
  }

  private func writeCSV(_ directory: NewDirectory) throws(Failure) {
    for side in Side.allCases {
      let rows = rows(side)
      let names = (rows.hasBias ? ["bias"] : []) + (0..<rows.rank).map { "f\($0)" }
      try writePieces(
        "\(side.plural).csv", Array((["id"] + names).joined(separator: ",").utf8) + [0x0A],
        count: model.ids[side].count, directory
      ) { range throws(Failure) in
        let table = try rows.table(of: range)
        var text: [UInt8] = []
        for (row, index) in range.enumerated() {
          CSVField.append(
            model.ids[side][index], isSpreadsheetSafe: isSpreadsheetSafe, to: &text)
          if table.hasBias { text += ",\(table.bias(row))".utf8 }
          for factor in table.factors(row) { text += ",\(factor)".utf8 }
          text.append(0x0A)
        }
        return text
      }
    }
  }

  private func writeJSONLines(_ directory: NewDirectory) throws(Failure) {
    for side in Side.allCases {
      let rows = rows(side)
      try writePieces("\(side.plural).jsonl", [], count: rows.count, directory) {
        range throws(Failure) in
        let table = try rows.table(of: range)
        var text: [UInt8] = []
        for (row, index) in range.enumerated() {
          text += "{\"id\":".utf8
          try IdText.appendJSON(model.ids[side][index], to: &text)
          if table.hasBias { text += ",\"bias\":\(table.bias(row))".utf8 }
          let factors = table.factors(row).map { $0.description }.joined(separator: ",")
          text += ",\"factors\":[\(factors)]}\n".utf8
        }
        return text
      }
    }
  }

  /// The lines `f m n k b`, then a line for each user and item: its name, `T`, its numbers.
  ///
  /// LIBMF has no biases: they are two factors more (``ExportVectors/innerProduct``). `f 0` is
  /// squared error, `b` what LIBMF predicts for an unknown pair.
  private func writeLIBMF(_ directory: NewDirectory) throws(Failure) {
    let (users, items) = (model.ids.user.count, model.ids.item.count)
    let header = "f 0\nm \(users)\nn \(items)\nk \(model.scoringWidth)\nb \(model.mean)\n"
    try writePieces("model.txt", Array(header.utf8), count: users + items, directory) {
      range throws(Failure) in
      // A piece may hold the last users and the first items.
      let ofUsers = range.clamped(to: 0..<users)
      let ofItems = range.clamped(to: users..<users + items)
      return try factorLines("p", .user, ofUsers)
        + factorLines("q", .item, ofItems.lowerBound - users..<ofItems.upperBound - users)
    }
  }

  /// Lines of LIBMF's model: a name, `T`, the numbers of a row.
  private func factorLines(
    _ name: String, _ side: Side, _ range: Range<Int>
  ) throws(Failure) -> [UInt8] {
    guard !range.isEmpty else { return [] }
    let table = try ExportedRows(side, of: model, as: .innerProduct).table(of: range)
    var text: [UInt8] = []
    for (row, index) in range.enumerated() {
      text += "\(name)\(index) T ".utf8
      for number in table.factors(row) { text += "\(number) ".utf8 }
      text.append(0x0A)
    }
    return text
  }

  private func writeIds(_ side: Side, _ directory: NewDirectory) throws(Failure) {
    let name = "\(side.plural).ids.txt"
    try writePieces(name, [], count: model.ids[side].count, directory) { range in
      var text: [UInt8] = []
      for index in range {
        IdText.appendEscaped(model.ids[side][index], to: &text)
        text.append(0x0A)
      }
      return text
    }
  }

  // MARK: Their parts

  private enum Part { case factors, bias }

  /// Rows that are turned into bytes at a time.
  private static let pieceRows = 1 << 12

  /// Writes a header, then the bytes of each piece of the rows.
  private func writePieces(
    _ name: String, _ header: [UInt8], count: Int, _ directory: NewDirectory,
    bytes: (Range<Int>) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    let pieces = (count + Self.pieceRows - 1) / Self.pieceRows
    try directory.write(name, pieces: 1 + pieces) { piece throws(Failure) in
      guard piece > 0 else { return header }
      return try bytes((piece - 1) * Self.pieceRows..<min(count, piece * Self.pieceRows))
    }
  }

  /// Writes a header, then parts of a side's rows, each part whole before the next.
  private func writeFloats(
    _ name: String, _ header: [UInt8], _ rows: ExportedRows, _ parts: [Part],
    _ directory: NewDirectory
  ) throws(Failure) {
    let pieces = (rows.count + Self.pieceRows - 1) / Self.pieceRows
    try directory.write(name, pieces: 1 + pieces * parts.count) { piece throws(Failure) in
      guard piece > 0 else { return header }
      let (part, position) = (piece - 1).quotientAndRemainder(dividingBy: pieces)
      let first = position * Self.pieceRows
      let table = try rows.table(of: first..<min(rows.count, first + Self.pieceRows))
      return table.bytes(
        of: 0..<table.rowCount,
        columns: parts[part] == .bias ? rows.rank..<rows.rank + 1 : 0..<rows.rank)
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
    var encoder = ByteEncoder()
    encoder.put([0x93] + Array("NUMPY".utf8) + [1, 0])
    encoder.put(UInt16(length))
    encoder.put(Array(dictionary.utf8))
    return encoder.bytes
  }
}
