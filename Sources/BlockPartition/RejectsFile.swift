import BlockMatrix
import BlockStore
import RatingInput

/// The list of skipped lines, as CSV: file, line, column, byte and reason.
///
/// It appears, complete, when the partition has.
struct RejectsFile {
  private let path: String
  private let temporary: String
  private let fileSystem: any FileSystem

  /// - Throws: `.output` where the file exists already.
  init(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    guard try fileSystem.status(path) == nil else {
      throw Failure(
        .output, at: path, "exists already", hint: "choose another name, or remove it first")
    }
    self.path = path
    self.fileSystem = fileSystem
    temporary = "\(path).tmp-\(RunName.random())"
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
    try fileSystem.writeDurably(text, to: temporary)
  }

  func commit() throws(Failure) {
    try fileSystem.rename(temporary, to: path)
    try fileSystem.syncDirectory(Path.parent(of: path))
  }

  func abandon() { try? fileSystem.removeTree(temporary) }
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
