/// The versions of the files that this program writes; it reads all that were before.
package enum FormatVersions {
  package static let all: [(name: String, version: String)] = [
    ("manifests", "\(Manifest.format)"),
    ("shards", "\(ShardHeader.majorVersion).\(ShardHeader.minorVersion)"),
  ]
}
