import Foundation
import TestSupport
import Testing

@Suite struct `A command line that is wrong` {
  private let stored: StoredModel

  init() throws { stored = try StoredModel.tiny() }

  private func run(_ command: String) throws -> CommandResult {
    try CommandRunner.run(command.split(separator: " ").map(String.init), in: stored.folder.path)
  }

  @Test(arguments: [
    ("train ratings.blocks --factors 3", "here it is --rank"),
    ("train ratings.blocks --lambda 3", "here it is --regularization"),
    ("train ratings.blocks --threads 3", "here it is --workers"),
    ("train ratings.blocks --iter 3", "here it is --iterations"),
    ("train ratings.blocks --implicit", "here it is --feedback implicit"),
    ("recommend model --deny f ann", "here it is --not-among"),
    ("recommend model --skip-unknwon ann", "did you mean --skip-unknown?"),
    ("train ratings.blocks --learning-rate-s none", "did you mean --learning-rate-scaling?"),
    ("train ratings.blocks --rank -3", "a value that begins with '-' is written --rank=-3"),
    ("tran ratings.blocks", "'tran' is no subcommand; did you mean train?"),
    ("factorise ratings.blocks", "'factorise' is no subcommand; blockals --help lists them"),
  ])
  func `gets the hint that helps`(command: String, hint: String) throws {
    let result = try run(command)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("Error: "))
    #expect(result.errors.hasSuffix("\nhint: \(hint)\n"))
    #expect(!result.errors.contains("Did you mean"))
  }

  @Test func `has its stray words and unknown subcommands named`() throws {
    let stray = try run("similar model 50")
    #expect(stray.status == 64)
    #expect(
      stray.errors.hasPrefix(
        "Error: Is '50' an item or a user? Write --item 50 or --user 50.\n"))
    let help = try run("help nosuch")
    #expect(help.status == 64)
    #expect(help.output == "")
    #expect(help.errors.hasPrefix("Error: 'nosuch' is no subcommand; "))
    #expect(try run("help train").status == 0)
  }

  @Test(arguments: [
    ("recommend model eve --json", 65, "user \"eve\"", "is unknown to the model"),
    ("evaluate nowhere --holdout ratings.blocks --json", 66, "nowhere", "does not exist, and a "),
    ("train ratings.blocks --factors 3 --json", 64, "", "Unknown option '--factors'"),
  ])
  func `is answered in JSON where that is asked for`(
    command: String, code: Int, place: String, message: String
  ) throws {
    let result = try run(command)
    #expect(result.status == code)
    #expect(result.output == "")
    let line = result.errors.split(separator: "\n").last ?? ""
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    let error = try #require(object?["error"] as? [String: Any])
    #expect(error["code"] as? Int == code)
    #expect(error["place"] as? String == place)
    #expect((error["message"] as? String)?.hasPrefix(message) == true)
    #expect((error["hint"] as? String)?.isEmpty == false)
  }
}
