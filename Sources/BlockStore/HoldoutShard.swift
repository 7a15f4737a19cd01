import BlockMatrix

/// The ratings kept back from training as a file: `holdout.coo`.
enum HoldoutShard {
  static let fileName = "holdout.coo"

  static func encode(_ ratings: HoldoutRatings) throws(Failure) -> [UInt8] {
    var steps: [UInt32] = []
    steps.reserveCapacity(ratings.count)
    var previous: UInt32 = 0
    for user in ratings.users {
      guard user >= previous else {
        throw Failure(.bug, "hold-out ratings are not in the order of their users")
      }
      steps.append(user - previous)
      previous = user
    }
    return try ShardFile.encode(
      ShardHeader(kind: .holdout, side: .user, rowCount: 0, entryCount: ratings.count),
      sections: [
        (.users, Varint.encode(steps)), (.items, Varint.encode(ratings.items)),
        (.values, ratings.values.memoryBytes),
      ])
  }

  static func read(
    _ path: String, userCount: Int, itemCount: Int, expected: FileFacts?,
    in fileSystem: any FileSystem
  ) throws(Failure) -> HoldoutRatings {
    let file = try ShardFile(path, in: fileSystem, expected: expected)
    let header = file.header
    guard header.kind == .holdout, header.side == .user, header.block == 0, header.rowCount == 0,
      header.firstIndex == 0, header.distinctColumnCount == 0
    else {
      throw file.damagedHeader(16, "is not the file of the hold-out ratings")
    }
    try file.requireSections([.users, .items, .values])
    var users = try file.varints(.users, count: header.entryCount)
    let items = try file.varints(.items, count: header.entryCount)
    var user: UInt64 = 0
    for position in users.indices {
      let step = users[position]
      user += UInt64(step)
      guard user < userCount else {
        throw file.broken(.users, "user \(user) of \(userCount) at rating \(position)")
      }
      users[position] = UInt32(user)
      guard items[position] < itemCount else {
        throw file.broken(.items, "item \(items[position]) of \(itemCount) at rating \(position)")
      }
      // Items ascend for each user, and begin anew with the next.
      guard step > 0 || position == 0 || items[position] >= items[position - 1] else {
        throw file.broken(.items, "items of a user descend at rating \(position)")
      }
    }
    guard case .plain(let values) = try ValueSections.decode(file, count: header.entryCount) else {
      throw file.broken(.values, "has no section values")
    }
    return HoldoutRatings(users: users, items: items, values: values)
  }
}
