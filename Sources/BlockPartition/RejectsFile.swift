import BlockMatrix
import BlockStore
import RatingInput

/// The list of skipped lines, as CSV: file, line, column, byte and reason.
///
/// It appears, complete, before the partition does: a partition that is there has its list, also
/// after a crash between the two. A list without its partition does no harm: the same command finds
/// it as it would write it.
final class RejectsFile {
  private let path: String
  private let fileSystem: any FileSystem
  private let file: NewFile

  /// - Throws: `.output` where there is something already that does not begin as such a list.
  init(_ path: String, in fileSystem: any FileSystem) throws(Failure) {
    self.path = path
    self.fileSystem = fileSystem
    file = try NewFile(path, makingParents: true, in: fileSystem)
    try file.write(Array("file,line,column,byte,reason\n".utf8))
  }

  /// Makes the list appear.
  ///
  /// - Throws: `.output` where another list is there already.
  func commit(_ badLines: [BadLine], names: [String]) throws(Failure) {
    var text: [UInt8] = []
    for bad in badLines {
      CSVField.append(names[bad.file].utf8, to: &text)
      text += Array(",\(bad.line),\(bad.column),\(bad.byte),".utf8)
      CSVField.append(bad.reason.message.utf8, to: &text)
      text.append(0x0A)
    }
    try file.write(text)
    try file.commit()
  }

  /// Removes the list, unless it was there before.
  func abandon() {
    if file.hasAppeared { try? fileSystem.removeFile(path) }
    file.abandon()
  }
}
