import BlockMatrix
import BlockStore
import CSystem

/// How many workers are worth starting: the cores that this process may use.
///
/// A container's limit counts, not the machine's cores: threads beyond it only wait for each other.
enum GrantedCores {
  static func count(in fileSystem: any FileSystem) -> Int {
    let usable = Int(csystem_usable_cores())
    return max(1, min(usable, quota(in: fileSystem) ?? usable))
  }

  /// The tightest CPU quota of the control groups above this process, in cores, rounded up.
  private static func quota(in fileSystem: any FileSystem) -> Int? {
    var tightest: Int?
    for var group in groups(text("/proc/self/cgroup", in: fileSystem) ?? "") {
      while true {
        if let line = text("/sys/fs/cgroup\(group)/cpu.max", in: fileSystem),
          let cores = cores(ofLimit: line)
        {
          tightest = min(tightest ?? cores, cores)
        }
        guard let slash = group.lastIndex(of: "/") else { break }
        group = String(group[..<slash])
      }
    }
    return tightest
  }

  /// The paths of the unified hierarchy (`0::/path`) in `/proc/self/cgroup`.
  static func groups(_ text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("0::/") else { return nil }
      let path = String(line.dropFirst(3))
      return path == "/" ? "" : path
    }
  }

  /// The cores of a `cpu.max` line, `quota period` in microseconds; `nil` for `max`.
  static func cores(ofLimit line: String) -> Int? {
    let fields = line.split(whereSeparator: \.isWhitespace)
    guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]), quota > 0,
      period > 0
    else { return nil }
    return max(1, (quota + period - 1) / period)
  }

  private static func text(_ path: String, in fileSystem: any FileSystem) -> String? {
    guard let file = try? fileSystem.open(path, streaming: true),
      let bytes = try? file.read(upTo: 1 << 16)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
