import BlockMatrix

/// The ratings of a block as the loops read them; valid while the block is held.
@unsafe
struct RatingView {
  /// Nothing where the block has no ratings.
  let columns: UnsafePointer<UInt32>?
  /// All ratings of the block.
  let count: Int
  /// Nothing where the values are coded.
  private let plain: UnsafePointer<Float>?
  private let codes: UnsafePointer<UInt8>?
  private let dictionary: UnsafePointer<Float>?

  /// Lends a view of a block whose rules were checked when it was read.
  static func withView<Output>(of block: RatingBlock, _ body: (RatingView) -> Output) -> Output {
    unsafe block.columns.withUnsafeBufferPointer { columns in
      switch block.values {
      case .plain(let values):
        unsafe values.withUnsafeBufferPointer { plain in
          unsafe body(RatingView(columns, plain: plain.baseAddress))
        }
      case .coded(let codes, let dictionary):
        unsafe codes.withUnsafeBufferPointer { codes in
          unsafe dictionary.withUnsafeBufferPointer { dictionary in
            unsafe body(
              RatingView(columns, codes: codes.baseAddress, dictionary: dictionary.baseAddress))
          }
        }
      }
    }
  }

  private init(
    _ columns: UnsafeBufferPointer<UInt32>, plain: UnsafePointer<Float>? = nil,
    codes: UnsafePointer<UInt8>? = nil, dictionary: UnsafePointer<Float>? = nil
  ) {
    unsafe self.columns = columns.baseAddress
    unsafe count = columns.count
    unsafe self.plain = plain
    unsafe self.codes = codes
    unsafe self.dictionary = dictionary
  }

  /// Writes the values of some ratings.
  func decode(_ ratings: Range<Int>, into output: UnsafeMutablePointer<Float>) {
    if let plain = unsafe plain {
      unsafe output.update(from: plain + ratings.lowerBound, count: ratings.count)
    } else if let codes = unsafe codes, let dictionary = unsafe dictionary {
      for (position, rating) in ratings.enumerated() {
        unsafe output[position] = dictionary[Int(codes[rating])]
      }
    }
  }
}
