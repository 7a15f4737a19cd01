import RatingInput

/// A rating on its way, with a time or without one.
protocol NumberedRating: Sendable, BitwiseCopyable {
  /// Without its time.
  var rating: RatingRow { get set }
  /// In milliseconds since 1970; 0 where no times are read.
  var time: Int64 { get set }

  /// Puts ratings together with their times, if they have any.
  static func rows(_ ratings: [RatingRow], times: [Int64]) -> [Self]
  /// Ratings without their times.
  static func timeless(_ rows: [Self]) -> [RatingRow]
}

// Not requirements: through those, the loops would call a function for each field.
extension NumberedRating {
  @inline(__always) var user: UInt32 {
    get { rating.user }
    set { rating.user = newValue }
  }
  @inline(__always) var item: UInt32 {
    get { rating.item }
    set { rating.item = newValue }
  }
  @inline(__always) var value: Float {
    get { rating.value }
    set { rating.value = newValue }
  }
}

extension RatingRow: NumberedRating {
  @inline(__always) var rating: RatingRow {
    get { self }
    set { self = newValue }
  }
  var time: Int64 {
    get { 0 }
    set {}
  }

  static func rows(_ ratings: [RatingRow], times: [Int64]) -> [RatingRow] { ratings }
  static func timeless(_ rows: [RatingRow]) -> [RatingRow] { rows }
}

/// A rating with its time.
struct TimedRow: NumberedRating {
  var rating: RatingRow
  // In halves: a whole number of 64 bits would be laid out with 4 bytes of nothing.
  private var earlier: UInt32
  private var later: Int32

  var time: Int64 {
    get { Int64(later) << 32 | Int64(earlier) }
    set {
      earlier = UInt32(truncatingIfNeeded: newValue)
      later = Int32(truncatingIfNeeded: newValue >> 32)
    }
  }

  private init(_ rating: RatingRow, time: Int64) {
    self.rating = rating
    earlier = UInt32(truncatingIfNeeded: time)
    later = Int32(truncatingIfNeeded: time >> 32)
  }

  static func rows(_ ratings: [RatingRow], times: [Int64]) -> [TimedRow] {
    zip(ratings, times).map { TimedRow($0, time: $1) }
  }

  static func timeless(_ rows: [TimedRow]) -> [RatingRow] { rows.map(\.rating) }
}
