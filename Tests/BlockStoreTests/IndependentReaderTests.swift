import BlockMatrix
import BlockStore
import Foundation
import TestSupport
import Testing

/// `tools/read_blocks.py` knows the format from the document alone.
@Suite(.enabled(if: IndependentReader.isThere, "needs python3 with ctypes"))
struct `The independent reader` {
  @Test(arguments: ["ratings.blocks", "holdout.blocks"])
  func `reads the golden ratings`(name: String) throws {
    let ratings = TinyRatings.matrix.ratings.map {
      "\(TinyRatings.userIds[$0.user])\t\(TinyRatings.itemIds[$0.item])\t\($0.value)"
    }
    let held = ["ann\tCasablanca\t1.5", "zoë\tCasablanca\t2.0", "bob\tBrazil\t3.5"]
    let result = try IndependentReader.run("\(Fixtures.golden)/\(name)")
    #expect(result.errors == "")
    let expected = ratings + (name == "holdout.blocks" ? held.map { $0 + "\tholdout" } : [])
    #expect(result.lines == expected)
  }

  @Test func `reads what is written today, in other blocks`() throws {
    let directory = try TemporaryDirectory()
    try Worked.writePartition(
      directory.file("p"), grids: Worked.grids(7, 1), holdout: Worked.holdout)
    #expect(try IndependentReader.run(directory.file("p")).lines.count == 11)
  }

  @Test(arguments: [("model", false), ("biased.model", true)])
  func `reads the golden factors`(name: String, hasBias: Bool) throws {
    let lines = try Side.allCases.flatMap { side in
      let table = try Worked.factors(side, rank: 2, hasBias: hasBias)
      return TinyRatings.ids(side).enumerated().map { index, id in
        let bias = hasBias ? "\(table.bias(index))" : "-"
        let factors = table.factors(index).map(\.description).joined(separator: "\t")
        return "\(side.rawValue)\t\(id)\t\(bias)\t\(factors)"
      }
    }
    #expect(try IndependentReader.run("\(Fixtures.golden)/\(name)").lines == lines)
  }

  @Test func `refuses a flipped bit`() throws {
    let directory = try TemporaryDirectory()
    try Worked.writePartition(directory.file("p"))
    var bytes = try directory.read("p/items-00001.csr")
    bytes[bytes.count - 3] ^= 4
    try PosixFileSystem().removeFile(directory.file("p/items-00001.csr"))
    try directory.write(bytes, to: "p/items-00001.csr")
    let result = try IndependentReader.run(directory.file("p"))
    #expect(result.lines == [] && result.errors.contains("items-00001.csr"))
  }
}

enum IndependentReader {
  static let script = Fixtures.partitions + "/../tools/read_blocks.py"

  static let isThere = (try? execute(["-c", "import ctypes"]))?.status == 0

  static func run(_ directory: String) throws -> (lines: [String], errors: String) {
    let result = try execute([script, directory])
    return (result.output.split(separator: "\n").map(String.init), result.errors)
  }

  private static func execute(
    _ arguments: [String]
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // What is printed is far smaller than a pipe holds.
    process.waitUntilExit()
    func text(_ pipe: Pipe) -> String {
      String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
    return (process.terminationStatus, text(output), text(errors))
  }
}
