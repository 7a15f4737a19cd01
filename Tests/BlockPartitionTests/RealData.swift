import Glibc

/// Real ratings, which are not part of the project.
enum RealData {
  /// The folder that `BLOCKALS_DATA` names, where it is set.
  static let path: String? = {
    guard let value = unsafe getenv("BLOCKALS_DATA") else { return nil }
    return unsafe String(cString: value)
  }()
}
