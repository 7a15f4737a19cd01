import Foundation
import Testing

private let objdump = ["/usr/bin/objdump", "/usr/bin/llvm-objdump"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

@Suite struct `Machine code` {
  /// A function shared between the copies would stop a machine without AVX-512 in its tracks.
  @Test(.enabled(if: objdump != nil, "objdump is not installed"))
  func `only the AVX-512 copy holds AVX-512 instructions`() throws {
    #if arch(x86_64)
    let program = try #require(objdump)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c",
      """
      "$0" -d --no-show-raw-insn "$1" | awk '/^[0-9a-f]+ </ { name = $2 } \
      /%zmm|%k[1-7]/ { print name }' | sort | uniq -c
      """, program, try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
    ]
    process.standardOutput = pipe
    try process.run()
    let text = String(
      decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let names = text.split(separator: "\n")
    #expect(names.contains { $0.contains("KernelLoopsAVX512") })
    #expect(names.filter { !$0.contains("KernelLoopsAVX512") } == [])
    #endif
  }
}
