/// The names by which a header's columns are recognised.
enum FieldNames {
  private static let user: Set<String> = [
    "user", "userid", "uid", "users", "customer", "customerid",
  ]
  private static let item: Set<String> = [
    "item", "itemid", "iid", "items", "movie", "movieid", "product", "productid", "book", "bookid",
    "artist", "artistid", "song", "songid", "track", "trackid", "asin",
  ]
  private static let rating: Set<String> = [
    "rating", "ratings", "score", "value", "stars", "weight", "count", "plays",
  ]

  private static let time: Set<String> = [
    "time", "timestamp", "date", "datetime", "ts", "unixtime", "unixtimestamp", "reviewtime",
    "unixreviewtime", "ratedat", "createdat", "eventtime",
  ]

  enum Role { case user, item, rating, time }

  /// What a column of this name holds; capitals, `_`, `-` and blanks do not matter.
  static func role(_ name: [UInt8]) -> Role? {
    // `user_id`, `User Id` and `userId` are one name.
    let plain = name.filter { $0 != 0x5F && $0 != 0x2D && $0 != 0x20 }
    let text = String(decoding: plain, as: UTF8.self).lowercased()
    if user.contains(text) { return .user }
    if item.contains(text) { return .item }
    if time.contains(text) { return .time }
    return rating.contains(text) ? .rating : nil
  }

  /// Whether a field in a rating's place looks like a column's name: it begins with a letter, and
  /// is none of the words that stand for a missing or infinite number.
  static func looksLikeName(_ field: [UInt8]) -> Bool {
    guard let first = field.first(where: { $0 != 0x20 }) else { return false }
    let isLetter = (0x61...0x7A).contains(first | 0x20) || first == 0x5F || first >= 0x80
    let text = String(decoding: field.filter { $0 != 0x20 }, as: UTF8.self).lowercased()
    return isLetter
      && !["nan", "inf", "infinity", "na", "null", "nil", "none", "true", "false"].contains(text)
  }
}
