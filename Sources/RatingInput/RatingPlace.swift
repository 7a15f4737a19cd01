import BlockMatrix

/// Where a rating stands.
package struct RatingPlace: Sendable, Equatable {
  package let name: String
  /// From 1.
  package let line: Int

  /// `file:line`.
  package var text: String { "\(name):\(line)" }
}

extension RatingReader {
  /// The first places, in the order of the input, at which a pair has a rating.
  ///
  /// Bad lines are passed over.
  ///
  /// - Complexity: Reads until `limit` places are found.
  package func places(
    ofUser user: [UInt8], item: [UInt8], limit: Int
  ) throws(Failure) -> [RatingPlace] {
    var reader = ChunkReader(self)
    var ids = PerSide(user: IdCollector(), item: IdCollector())
    // Numbered before all others, so that these numbers stand for the pair.
    let wanted = (ids.user.index(of: user), ids.item.index(of: item))
    var places: [RatingPlace] = []
    var line = 0
    var file = -1
    while places.count < limit, var chunk = try reader.next() {
      if chunk.file != file {
        file = chunk.file
        line = reader.opened[file].linesBefore
      }
      let parsed = RowParser.parse(
        &chunk, users: &ids.user, items: &ids.item, badLineLimit: .max, notesPlaces: true)
      for (index, row) in parsed.rows.enumerated() where (row.user, row.item) == wanted {
        places.append(
          RatingPlace(name: inputs[file].name, line: line + parsed.rowLines[index] + 1))
      }
      line += parsed.lineCount
    }
    return Array(places.prefix(limit))
  }
}
