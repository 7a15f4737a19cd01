import Foundation
import Testing

/// The rules of the house, kept by reading the sources.
@Suite struct `The tree is tidy` {
  @Test func `every source keeps the rules`() throws {
    let files = try Tree.swiftFiles(in: ["Sources", "Tests"])
    #expect(files.count > 20)
    for violation in files.flatMap(\.violations) { Issue.record("\(violation)") }
  }

  @Test func `nothing stands in the sources that no source uses`() throws {
    for violation in DeadDeclarations(try Tree.swiftFiles(in: ["Sources"])).violations {
      Issue.record("\(violation)")
    }
  }

  @Test func `the manifest lists the targets in the order of the data`() throws {
    let manifest = SourceFile(path: "Package.swift", text: try Tree.text("Package.swift"))
    let names = manifest.lines.joined(separator: "\n")
      .matches(of: /\.(?:systemLibrary|target|executableTarget)\(\s*name: "(\w+)"/)
      .map { String($0.1) }
      .filter { Fences.order.contains($0) && !$0.hasPrefix("KernelLoops") }
    #expect(names == Fences.order.filter { !$0.hasPrefix("KernelLoops") })
  }

  @Test func `every fence names files that are there`() {
    var places = [Fences.unsafe, Fences.unchecked, Fences.isPublic, Fences.mutex]
    places += Fences.outside.values
    places += Fences.cModules.values
    for place in Set(places.joined()).sorted() where !Tree.exists(place) {
      Issue.record("\(place) is in a fence, but not in the tree")
    }
  }

  @Test func `every golden and damaged file has a row in the format document`() throws {
    let document = try Tree.text("Partitions/README.md")
    for folder in ["Golden", "Damaged"] {
      for name in try Tree.names(in: "Partitions/\(folder)") {
        #expect(document.contains("`\(name)"), "Partitions/\(folder)/\(name) has no row")
      }
    }
  }
}

/// The package's folder.
enum Tree {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
  }

  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent(folder).path
    ).sorted()
  }

  /// All Swift files below these folders; a linked folder is read once, where it really is.
  static func swiftFiles(in folders: [String]) throws -> [SourceFile] {
    try folders.flatMap { folder in
      let paths = try FileManager.default.subpathsOfDirectory(
        atPath: root.appendingPathComponent(folder).path)
      return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
        SourceFile(path: "\(folder)/\(path)", text: try text("\(folder)/\(path)"))
      }
    }
  }
}
