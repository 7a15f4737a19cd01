import BlockMatrix
import RatingInput

/// Finds out where two ratings of one pair stand, by reading the inputs once more.
struct DuplicateReport {
  /// As the ratings were read.
  let reader: RatingReader
  let added: AddedRatings

  /// The failure for a pair that occurs several times.
  ///
  /// - Parameter rowCount: How many rows in all repeat an earlier row's pair.
  func failure(user: [UInt8], item: [UInt8], rowCount: Int) throws(Failure) -> Failure {
    let pair = "user \"\(printable(user))\" and item \"\(printable(item))\""
    let others = rowCount > 1 ? "; \(rowCount) rows in all repeat a pair" : ""
    let hint = "say what counts with --duplicates last, sum, mean or keep"
    // What came through a pipe is gone, and with it the places.
    guard reader.inputs.allSatisfy(\.isRepeatable) else {
      return Failure(.data, "\(pair) have two ratings\(others)", hint: hint)
    }
    let places = try reader.places(ofUser: user, item: item, limit: 2)
    guard added.isEmpty || places.count == 2 else {
      return Failure(
        .data, at: places.first?.text ?? added.names,
        places.isEmpty
          ? "\(pair) have two ratings\(others)"
          : "\(pair) have a rating already, in \(added.names)\(others)", hint: hint)
    }
    guard places.count == 2 else {
      return Failure(
        .data, "\(pair) had two ratings, but the input changed while it was read", hint: hint)
    }
    return Failure(
      .data, at: places[1].text, "\(pair) have a rating already, at \(places[0].text)\(others)",
      hint: hint)
  }
}
