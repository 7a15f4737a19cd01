import BlockMatrix

/// What a number in a manifest has to keep to before anybody reckons with it.
///
/// Checksums find accidents, not forgery: whoever writes a manifest may write any number into it.
/// So each is held, where the manifest is decoded and nowhere else, against limits below which no
/// sum or product that the program makes of sizes can overflow, and against the file that it is
/// said of.
enum StatedSize {
  /// Rows of a side: an index has 32 bits, and there is at least one.
  static let rows = 1..<1 << 32
  /// Ratings, of a file and of all files together.
  static let ratings = 0..<1 << 48
  /// Bytes, of a file and of all files together.
  static let bytes = 0..<1 << 56

  /// The sum of sizes; `nil` where one of them, or the sum, lies outside a limit.
  static func sum(_ sizes: some Sequence<Int>, within limit: Range<Int>) -> Int? {
    var sum = 0
    for size in sizes {
      guard limit.contains(size) else { return nil }
      // Neither is above the limit, so that this cannot overflow.
      sum += size
      guard limit.contains(sum) else { return nil }
    }
    return sum
  }

  /// Whether a text is that many lower-case hexadecimal digits.
  static func isHexadecimal(_ text: String, digits: Int) -> Bool {
    text.utf8.count == digits
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

extension FileFacts {
  /// The first rule that they break, or `nil`.
  var brokenRule: String? {
    guard StatedSize.bytes.contains(byteCount) else { return "a file of \(byteCount) bytes" }
    guard StatedSize.isHexadecimal(xxh3, digits: 16) else { return "a checksum of other digits" }
    return nil
  }

  /// Whether a file of this length can have so many entries, each of at least a byte before
  /// compression.
  func canHold(_ count: Int) -> Bool {
    count >= 0 && count / Zstandard.largestExpansion <= byteCount
  }
}

extension ShardRecord {
  /// The first rule that the record breaks, or `nil`.
  ///
  /// - Parameters:
  ///   - columnCount: The rows of the opposite side.
  ///   - repeatsPairs: Whether a pair may have several ratings.
  func brokenRule(columnCount: Int, repeatsPairs: Bool) -> String? {
    if let rule = file.brokenRule { return rule }
    guard StatedSize.ratings.contains(ratingCount), file.canHold(ratingCount),
      file.canHold(rowCount)
    else { return "\(rowCount) rows and \(ratingCount) ratings in \(byteCount) bytes" }
    let (pairs, overflow) = rowCount.multipliedReportingOverflow(by: columnCount)
    guard repeatsPairs || overflow || ratingCount <= pairs else {
      return "\(ratingCount) ratings of \(pairs) pairs"
    }
    let least = ratingCount > 0 ? 1 : 0
    guard distinctColumnCount >= least, distinctColumnCount <= min(columnCount, ratingCount) else {
      return "\(distinctColumnCount) different columns in \(ratingCount) ratings"
    }
    guard longestRow >= least, longestRow <= ratingCount else {
      return "a row of \(longestRow) among \(ratingCount) ratings"
    }
    return nil
  }
}

extension HoldoutFacts {
  /// The first rule that they break, or `nil`.
  var brokenRule: String? {
    if let rule = file.brokenRule { return rule }
    guard StatedSize.ratings.contains(ratingCount), file.canHold(ratingCount) else {
      return "\(ratingCount) ratings in \(file.byteCount) bytes"
    }
    guard StatedSize.ratings.contains(unknownPairs) else { return "\(unknownPairs) unknown pairs" }
    guard fraction > 0, fraction < 1 else { return "fraction \(fraction)" }
    guard last ?? 1 > 0 else { return "the last \(last ?? 0) pairs" }
    return nil
  }
}
