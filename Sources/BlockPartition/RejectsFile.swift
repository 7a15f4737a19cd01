import BlockMatrix
import BlockStore
import RatingInput

/// The list of skipped lines, as CSV: file, line, column, byte and reason.
///
/// It appears, complete, when the partition has.
struct RejectsFile {
  private let file: NewFile

  /// - Throws: `.output` where the file exists already.
  init(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    file = try NewFile(path, makingParents: true, in: fileSystem)
  }

  /// Writes the list under another name.
  func write(_ badLines: [BadLine], names: [String]) throws(Failure) {
    var text = Array("file,line,column,byte,reason\n".utf8)
    for bad in badLines {
      text += CSVField.quoted(Array(names[bad.file].utf8))
      text += Array(",\(bad.line),\(bad.column),\(bad.byte),".utf8)
      text += CSVField.quoted(Array(bad.reason.message.utf8))
      text.append(0x0A)
    }
    try file.write(text)
  }

  func commit() throws(Failure) { try file.commit() }

  func abandon() { file.abandon() }
}

/// Fields of CSV after RFC 4180.
package enum CSVField {
  /// The field as it is, or in quotes where it needs them.
  package static func quoted(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else {
      return bytes
    }
    return [0x22] + bytes.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + [0x22]
  }
}
