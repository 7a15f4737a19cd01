import BlockMatrix
import BlockStore
import RatingInput

/// The list of skipped lines, as CSV: file, line, column, byte and reason.
///
/// It appears, complete, before the partition does: a partition that is there has its list, also
/// after a crash between the two. A list without its partition does no harm, and does not keep the
/// same command from running again, which finds it as it would write it.
final class RejectsFile {
  private static let header = Array("file,line,column,byte,reason\n".utf8)

  private let path: String
  private let fileSystem: any FileSystem
  /// Nothing where a list is there already.
  private let file: NewFile?

  /// - Throws: `.output` where the file exists already, and is no such list.
  init(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    self.path = path
    self.fileSystem = fileSystem
    if try fileSystem.status(path)?.kind == .file,
      try fileSystem.open(path, streaming: false).read(upTo: Self.header.count) == Self.header
    {
      file = nil
    } else {
      file = try NewFile(path, makingParents: true, in: fileSystem)
    }
  }

  /// Makes the list appear.
  ///
  /// - Throws: `.output` where another list is there already.
  func commit(_ badLines: [BadLine], names: [String]) throws(Failure) {
    var text = Self.header
    for bad in badLines {
      text += CSVField.quoted(Array(names[bad.file].utf8))
      text += Array(",\(bad.line),\(bad.column),\(bad.byte),".utf8)
      text += CSVField.quoted(Array(bad.reason.message.utf8))
      text.append(0x0A)
    }
    guard let file else {
      let present = try fileSystem.open(path, streaming: false)
      guard present.byteCount == text.count,
        try present.read(count: present.byteCount, at: 0) == text
      else {
        throw Failure(
          .output, at: path, "exists already, and lists other lines",
          hint: "choose another name, or remove it first")
      }
      return
    }
    try file.write(text)
    try file.commit()
  }

  /// Removes the list, unless it was there before.
  func abandon() {
    if file?.hasAppeared == true { try? fileSystem.removeFile(path) }
    file?.abandon()
  }
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
