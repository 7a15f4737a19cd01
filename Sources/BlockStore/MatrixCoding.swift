import BlockMatrix

// How the nouns stand in a manifest.

/// An object with the keys `user` and `item`.
extension PerSide: Codable where Value: Codable {
  private enum Key: String, CodingKey { case user, item }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      user: try container.decode(Value.self, forKey: .user),
      item: try container.decode(Value.self, forKey: .item))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(user, forKey: .user)
    try container.encode(item, forKey: .item)
  }
}

/// An array of the blocks' first indices, and after the last block the number of rows.
extension BlockGrid: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let grid = BlockGrid(starts: try container.decode([Int].self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "block starts descend or do not begin with 0")
    }
    self = grid
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(starts)
  }
}
