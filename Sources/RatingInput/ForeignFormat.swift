/// A file that holds no text, or text of another kind, known by its first bytes.
struct ForeignFormat {
  /// What it is.
  let name: String
  /// How it is read all the same.
  let hint: String

  /// - Parameters:
  ///   - text: The beginning of a text, decompressed.
  ///   - isAny: Whether its format is to be found out; else what begins like JSON is as it should
  ///     be.
  static func find(_ text: [UInt8], isAny: Bool) -> ForeignFormat? {
    for (name, magic, command) in magics where text.starts(with: magic) {
      return ForeignFormat(name: name, hint: hint(command))
    }
    // Behind the name of the first file in it.
    if text.count >= 262, text[257..<262].elementsEqual("ustar".utf8) {
      return ForeignFormat(name: "a tar archive", hint: hint("tar -xOf FILE"))
    }
    guard isAny else { return nil }
    let signs = text.lazy.filter { !RowLayout.isBlankOrLineEnd($0) }.prefix(2)
    let isJSON = ["{\"", "[{", "[[", "[\""].contains { signs.elementsEqual($0.utf8) }
    return isJSON
      ? ForeignFormat(
        name: "JSON", hint: hint("jq -r '[.user, .item, .rating] | @csv' FILE")) : nil
  }

  private static func hint(_ command: String) -> String {
    "read it through: blockals partition --from-command \"\(command)\""
  }

  private static let query =
    "duckdb -csv -c \\\"SELECT user, item, rating FROM 'FILE'\\\""

  private static let magics: [(name: String, magic: [UInt8], command: String)] = [
    ("Parquet", Array("PAR1".utf8), query),
    ("Arrow", Array("ARROW1".utf8), query),
    ("a SQLite database", Array("SQLite format 3".utf8), "sqlite3 -csv FILE 'SELECT …'"),
    ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz -dc FILE"),
    // A digit stands between the two parts: the size of its blocks.
    ("bzip2", Array("BZh9".utf8) + [0x31, 0x41, 0x59, 0x26], "bzip2 -dc FILE"),
    ("bzip2", Array("BZh1".utf8) + [0x31, 0x41, 0x59, 0x26], "bzip2 -dc FILE"),
    ("bzip2", Array("BZh6".utf8) + [0x31, 0x41, 0x59, 0x26], "bzip2 -dc FILE"),
    ("lz4", [0x04, 0x22, 0x4D, 0x18], "lz4 -dc FILE"),
    ("a zip archive", [0x50, 0x4B, 0x03, 0x04], "unzip -p FILE"),
    ("a 7-Zip archive", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z x -so FILE"),
    ("HDF5", [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "python3 to-csv.py FILE"),
    ("a NumPy array", [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "python3 to-csv.py FILE"),
  ]
}
