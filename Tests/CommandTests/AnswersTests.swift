import TestSupport
import Testing

/// What answers print for the worked model, whose scores stand at ``StoredModel/tiny()``.
@Suite struct `Answers of the command` {
  private let stored: StoredModel

  init() throws { stored = try StoredModel.tiny() }

  private func run(_ arguments: String...) throws -> CommandResult {
    try CommandRunner.run(arguments, in: stored.folder.path)
  }

  @Test func `recommend ranks unseen items for listed users`() throws {
    let result = try run("recommend", "model", "--exclude", "ratings.blocks", "bob", "zoë")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(
      result.output == """
        user\titem\trank\tscore
        bob\tDune\t1\t1.5
        bob\tBrazil\t2\t1.0
        zoë\tCasablanca\t1\t0.0

        """)
  }

  @Test func `recommend ranks all items for all users, in every form`() throws {
    let csv = try run(
      "recommend", "model", "--include-seen", "--users", "all", "--top", "2", "--format", "csv")
    #expect(
      csv.output == """
        user,item,rank,score
        ann,Alien,1,4.0
        ann,Dune,2,3.5
        zoë,Alien,1,5.0
        zoë,Dune,2,4.0
        bob,Alien,1,2.0
        bob,Dune,2,1.5

        """)
    let lines = try run(
      "recommend", "model", "--include-seen", "--top", "1", "--format", "jsonl", "ann", "zoë")
    #expect(
      lines.output == """
        {"user":"ann","item":"Alien","rank":1,"score":4.0}
        {"user":"zoë","item":"Alien","rank":1,"score":5.0}

        """)
    let json = try run("recommend", "model", "--include-seen", "--top", "1", "--json", "ann")
    #expect(
      json.output == """
        {"rankings":[
        {"user":"ann","items":[{"item":"Alien","rank":1,"score":4.0}]}]}

        """)
  }

  @Test func `recommend keeps to allow and deny lists`() throws {
    try stored.folder.write("Alien\r\nDune\nHeat\n\nCasablanca", to: "allow.txt")
    try stored.folder.write("Alien\n", to: "deny.txt")
    let both = try run(
      "recommend", "model", "--include-seen", "--among", "allow.txt", "--not-among", "deny.txt",
      "--format", "csv", "ann")
    #expect(
      both.output == """
        user,item,rank,score
        ann,Dune,1,3.5
        ann,Casablanca,2,-1.5

        """)
    #expect(both.errors == "blockals: 1 of 4 items in allow.txt are unknown\n")
    let deny = try run(
      "recommend", "model", "--include-seen", "--not-among", "deny.txt", "--top", "1", "--json",
      "ann")
    #expect(deny.output.contains("\"Dune\""))
  }

  @Test func `recommend takes users from a file or standard input, unknown ones on request`() throws
  {
    try stored.folder.write("zoë\neve\nbob\n", to: "users.txt")
    let refused = try run("recommend", "model", "--users", "users.txt")
    #expect(refused.status == 65)
    #expect(refused.output == "")
    #expect(
      refused.errors == """
        blockals: error: user "eve": is unknown to the model
        hint: give --skip-unknown to leave unknown ids out

        """)
    let skipped = try run(
      "recommend", "model", "--include-seen", "--users", "users.txt", "--skip-unknown", "--top",
      "1", "--format", "csv")
    #expect(skipped.output == "user,item,rank,score\nzoë,Alien,1,5.0\nbob,Alien,1,2.0\n")
    #expect(skipped.errors == "blockals: 1 of 3 users are unknown\n")
    let piped = try CommandRunner.run(
      ["recommend", "model", "--include-seen", "--users", "-", "--top", "1", "--format", "csv"],
      input: Array("bob\n".utf8), in: stored.folder.path)
    #expect(piped.output == "user,item,rank,score\nbob,Alien,1,2.0\n")
  }

  @Test func `recommend folds new users in, and keeps what they rated from them`() throws {
    // λ 0.1 by count, one rating 5 of Casablanca (0.5, −1): x = 5 y / (|y|² + 0.1) =
    // (2.5, −5) / 1.35, so Alien 0, Dune −0.9259, Brazil −1.8519.
    try stored.folder.write("eve,Casablanca,5\nmax,Heat,1\n", to: "new.csv")
    let refused = try run("recommend", "model", "--new-users", "new.csv")
    #expect(refused.status == 65)
    #expect(
      refused.errors == """
        blockals: 1 of 2 ratings are of unknown items
        blockals: error: user "max": has rated no item that the model knows
        hint: give --skip-unknown to leave such users out

        """)
    let result = try run(
      "recommend", "model", "--new-users", "new.csv", "--skip-unknown", "--format", "csv")
    #expect(result.status == 0)
    #expect(
      result.errors == """
        blockals: 1 of 2 ratings are of unknown items
        blockals: 1 of 2 users have no known item

        """)
    let lines = result.output.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(lines.map { $0[1] } == ["item", "Alien", "Dune", "Brazil"])
    #expect(abs((Float(lines[2][3]) ?? 0) + 0.9259) < 1e-4)
    #expect(abs((Float(lines[3][3]) ?? 0) + 1.8519) < 1e-4)
  }

  @Test func `recommend ranks new items alone, for those who have not rated them`() throws {
    // λ 0.1 by count: bob is (1, 0), so Heat is 4 (1, 0) / (1 + 0.1) = (3.6364, 0); ann is (1, 2),
    // so Ran is 2 (1, 2) / (5 + 0.1) = (0.3922, 0.7843). zoë is (2, 1).
    try stored.folder.write(
      "item,user,rating\nHeat,bob,4\nRan,ann,2\nRan,eve,5\n", to: "new.csv")
    let all = try run("recommend", "model", "--new-items", "new.csv", "--format", "csv")
    #expect(all.status == 0)
    #expect(all.errors == "blockals: 1 of 3 ratings are by unknown users\n")
    let lines = all.output.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    #expect(
      lines.map { $0.prefix(3).joined(separator: " ") }
        == ["ann Heat 1", "zoë Heat 1", "zoë Ran 2", "bob Ran 1"])
    for (line, score) in zip(lines, [3.6364, 7.2727, 1.5686, 0.3922] as [Float]) {
      #expect(abs((Float(line[3]) ?? 0) - score) < 1e-4)
    }
    try stored.folder.write("Heat\nAlien\n", to: "deny.txt")
    let some = try run(
      "recommend", "model", "--new-items", "new.csv", "--not-among", "deny.txt", "--format", "csv",
      "ann", "bob")
    #expect(some.output.split(separator: "\n").dropFirst().allSatisfy { $0.hasPrefix("bob,Ran") })
    #expect(some.errors.hasSuffix("blockals: 1 of 2 items in deny.txt are unknown\n"))
    try stored.folder.write("bob,Heat,4\neve,Ran,4\n", to: "bad.csv")
    let refused = try run("recommend", "model", "--new-items", "bad.csv", "bob")
    #expect(refused.status == 65)
    #expect(refused.output == "")
    #expect(
      refused.errors == """
        blockals: 1 of 2 ratings are by unknown users
        blockals: error: item "Ran": was rated by no user that the model knows
        hint: give --skip-unknown to leave such items out

        """)
    let skipped = try run(
      "recommend", "model", "--new-items", "bad.csv", "--skip-unknown", "--format", "csv", "ann")
    #expect(skipped.output.split(separator: "\n").count == 2)
    #expect(skipped.output.contains("ann,Heat,1,3.63636"))
    #expect(skipped.errors.hasSuffix("blockals: 1 of 2 items have no known user\n"))
  }

  @Test func `similar finds the model's neighbours of new items and users`() throws {
    // As above, Heat points as (1, 0): cosines with Alien (2, 1), Brazil (1, 1), Dune (1.5, 1),
    // Casablanca (0.5, −1). eve points as Casablanca.
    try stored.folder.write("bob::Heat::4\n", to: "items.dat")
    let items = try run(
      "similar", "model", "--new-items", "items.dat", "--input-format", "movielens", "--format",
      "csv")
    #expect(
      items.output == """
        item,neighbour,rank,cosine
        Heat,Alien,1,0.8944272
        Heat,Dune,2,0.8320503
        Heat,Brazil,3,0.70710677
        Heat,Casablanca,4,0.4472136

        """)
    #expect(items.errors == "")
    try stored.folder.write("eve,Casablanca,5\n", to: "users.csv")
    let users = try run("similar", "model", "--new-users", "users.csv", "--top", "1", "--json")
    #expect(users.output.hasPrefix("{\"rankings\":[\n{\"user\":\"eve\",\"neighbours\":["))
    #expect(users.output.contains("{\"neighbour\":\"bob\",\"rank\":1,\"cosine\":0.447213"))
    for (option, row, other) in [("--new-items", "Heat", "user"), ("--new-users", "eve", "item")] {
      try stored.folder.write(
        option == "--new-items" ? "bob,Heat,4\nbob,Heat,5\n" : "eve,Dune,4\neve,Dune,5\n",
        to: "twice\(option).csv")
      let refused = try run("similar", "model", option, "twice\(option).csv")
      #expect(refused.status == 65)
      #expect(refused.output == "")
      #expect(refused.errors.contains("\"\(row)\": "))
      #expect(refused.errors.contains(" \(other) \""))
    }
  }

  @Test func `recommend writes a file that must not exist`() throws {
    let first = try run(
      "recommend", "model", "--include-seen", "--users", "all", "-o", "top.tsv", "--top", "1")
    #expect(first.status == 0)
    #expect(first.output == "")
    #expect(
      String(decoding: try stored.folder.read("top.tsv"), as: UTF8.self) == """
        user\titem\trank\tscore
        ann\tAlien\t1\t4.0
        zoë\tAlien\t1\t5.0
        bob\tAlien\t1\t2.0

        """)
    let again = try run("recommend", "model", "--include-seen", "--users", "all", "-o", "top.tsv")
    #expect(again.status == 73)
    #expect(again.errors.hasPrefix("blockals: error: top.tsv: exists already, and holds "))
  }

  @Test(arguments: [
    ["recommend", "model"], ["recommend", "model", "--users", "all", "ann"],
    ["recommend", "model", "--top", "0", "ann"], ["recommend", "model", "--format", "xml", "ann"],
    ["similar", "model"],
    ["similar", "model", "--item", "Alien", "--user", "ann"],
    ["similar", "model", "--item", "Alien", "--new-items", "f"],
    ["similar", "model", "--new-users", "f", "--new-items", "f"],
    ["similar", "model", "--item", "Alien", "--columns", "1,2,3"],
    ["recommend", "model", "--new-users", "f", "--new-items", "f"],
    ["recommend", "model", "--new-users", "f", "ann"],
    ["recommend", "model", "--new-items", "f", "--exclude", "ratings.blocks"],
    ["recommend", "model", "--new-items", "-", "--users", "-"],
    ["recommend", "model", "--no-rating", "ann"], ["evaluate", "model"], ["evaluate"],
    ["evaluate", "model", "--holdout", "ratings.blocks", "--exclude", "ratings.blocks"],
    ["evaluate", "model", "--holdout", "ratings.blocks", "--include-seen"],
    ["recommend", "model", "--exclude", "ratings.blocks", "--include-seen", "ann"],
    ["export", "model"], ["export", "model", "--format", "parquet"],
  ])
  func `what makes no sense is a usage error`(arguments: [String]) throws {
    let result = try CommandRunner.run(arguments, in: stored.folder.path)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("Error: "))
  }

  @Test(arguments: [
    ["recommend", "model", "ann"], ["similar", "model", "--item", "Alien"], ["verify", "model"],
    ["evaluate", "model", "--holdout", "ratings.blocks"], ["tune", "ratings.blocks"],
    ["train", "ratings.blocks"],
  ])
  func `every command refuses to work with nobody`(arguments: [String]) throws {
    let result = try CommandRunner.run(arguments + ["--workers", "0"], in: stored.folder.path)
    #expect(result.status == 64)
    #expect(result.errors == "blockals: error: --workers: 0 is not between 1 and 1024\n")
  }

  @Test(arguments: [
    ["recommend", "nowhere", "ann"], ["similar", "nowhere", "--item", "Alien"],
    ["evaluate", "nowhere", "--holdout", "ratings.blocks"],
    ["export", "nowhere", "--format", "npy"],
    ["recommend", "model", "--exclude", "nowhere", "ann"],
    ["evaluate", "model", "--holdout", "nowhere"], ["evaluate", "model", "--ratings", "nowhere"],
    ["recommend", "model", "--users", "nowhere"],
    ["recommend", "model", "--not-among", "nowhere", "ann"],
    ["recommend", "model", "--new-items", "nowhere"],
    ["similar", "model", "--new-users", "nowhere"],
  ])
  func `what is missing is named`(arguments: [String]) throws {
    let result = try CommandRunner.run(arguments, in: stored.folder.path)
    #expect(result.status == 66)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("blockals: error: nowhere"))
  }

  @Test func `similar prints cosine neighbours of items and users`() throws {
    // Alien (2, 1), Brazil (1, 1), Dune (1.5, 1), Casablanca (0.5, −1): cosines with Alien
    // 3/√10, 4/(√5 √3.25), 0.
    let items = try run("similar", "model", "--item", "Alien", "--format", "csv")
    #expect(
      items.output == """
        item,neighbour,rank,cosine
        Alien,Dune,1,0.99227786
        Alien,Brazil,2,0.9486833
        Alien,Casablanca,3,0.0

        """)
    let users = try run("similar", "model", "--user", "ann", "--top", "1", "--json")
    #expect(
      users.output == """
        {"rankings":[
        {"user":"ann","neighbours":[{"neighbour":"zoë","rank":1,"cosine":0.8}]}]}

        """)
    let unknown = try run("similar", "model", "--item", "Heat")
    #expect(unknown.status == 65)
    #expect(unknown.errors.hasPrefix("blockals: error: item \"Heat\": is unknown to the model\n"))
  }

  @Test func `evaluate prints every metric by its key`() throws {
    let json = try run(
      "evaluate", "model", "--holdout", "ratings.blocks", "--exclude", "ratings.blocks", "--top",
      "1", "--json")
    #expect(json.status == 0)
    #expect(
      json.output == """
        {"rmse":2.273030282830976,"mae":2.0,"precision@1":1.0,"recall@1":0.75,\
        "recall-truncated@1":1.0,"ndcg@1":1.0,"map@1":1.0,"mrr":1.0,"hit-rate@1":1.0,\
        "coverage@1":0.5,"pairs":3,"unknownPairs":1,"users":2,"skippedUsers":1,\
        "excluded":"ratings.blocks"}

        """)
    let text = try run("evaluate", "model", "--holdout", "ratings.blocks", "--clip")
    #expect(
      text.output == """
        rmse  1.5
        mae   1.1667
        3 pairs compared (1 unknown pairs left out); 2 users with test ratings, 1 without

        """)
  }

  @Test func `evaluate reads ratings with partition's input options`() throws {
    try stored.folder.write("3;Brazil|bob|3.5\n", to: "odd.csv")
    try stored.folder.write("score\tmovie\twho\n3.5\tBrazil\tbob\n2\tHeat\tbob\n", to: "test.tsv")
    let result = try run(
      "evaluate", "model", "--ratings", "test.tsv", "--columns", "who,movie,score", "--json")
    #expect(result.errors == "")
    #expect(
      result.output == """
        {"rmse":2.5,"mae":2.5,"pairs":1,"unknownPairs":1,"users":1,"skippedUsers":2}

        """)
    let bad = try run("evaluate", "model", "--ratings", "odd.csv", "--format", "csv")
    #expect(bad.status == 65)
    #expect(bad.errors.hasPrefix("blockals: error: odd.csv:1"))
  }

  @Test func `evaluate explains its metrics without a model`() throws {
    let result = try run("evaluate", "--explain-metrics")
    #expect(result.status == 0)
    for key in ["rmse", "precision@k", "recall-truncated@k", "coverage@k", "skippedUsers"] {
      #expect(result.output.contains("  \(key) "))
    }
  }

  @Test func `a damaged generation is passed over, loudly, or refused where it is the only one`()
    throws
  {
    let name = "model/generations/00000001/users-00000.safetensors"
    var bytes = try stored.folder.read(name)
    bytes[bytes.count - 1] ^= 1
    try stored.folder.replace(name, with: bytes)
    let result = try run("recommend", "model", "ann")
    #expect(result.status == 65)
    #expect(result.output == "")
    #expect(result.errors.contains("users-00000.safetensors"))
  }

  @Test func `export writes a directory and says so`() throws {
    let result = try run("export", "model", "--format", "npy")
    #expect(result.status == 0)
    #expect(result.output == "model.npy: 3 users and 4 items at rank 2\n")
    #expect(try stored.folder.read("model.npy/users.npy").count == 128 + 24)
    let json = try run("export", "model", "--format", "csv", "-o", "factors", "--json")
    #expect(
      json.output
        == "{\"output\":\"factors\",\"format\":\"csv\",\"users\":3,\"items\":4,\"rank\":2}\n")
    let again = try run("export", "model", "--format", "npy", "-o", "factors")
    #expect(again.status == 73)
  }

  @Test func `NumPy reads what export writes`() throws {
    _ = try run("export", "model", "--format", "npy", "-o", "out")
    let script = """
      import numpy
      users, items = numpy.load("out/users.npy"), numpy.load("out/items.npy")
      print((users @ items.T).tolist())
      """
    guard let printed = try Python.run(script, in: stored.folder.path) else { return }
    #expect(
      printed == "[[4.0, 3.0, 3.5, -1.5], [5.0, 3.0, 4.0, 0.0], [2.0, 1.0, 1.5, 0.5]]\n")
  }

  @Test func `inspect shows ids as they are, and what cannot be shown escaped`() throws {
    let bytes = Array("zoë,Amélie,1\nzoë,\u{1B}[1m,1\nb,".utf8) + [0xFF] + Array(",1\n".utf8)
    try stored.folder.write(bytes, to: "ids.csv")
    #expect(try run("partition", "ids.csv", "-o", "ids").status == 0)
    let words = try run("inspect", "ids").output
    #expect(words.contains(#"longest users: "zoë" 2, "b" 1"#))
    #expect(words.contains(#"longest items: "\x1b[1m" 1, "Amélie" 1, "\xff" 1"#))
    let json = try run("inspect", "ids", "--json").output
    for id in [#""zoë""#, #""Amélie""#, #""\u001b[1m""#, #""\\xff""#] {
      #expect(json.contains(#"{"id":\#(id),"ratings":"#), "\(json)")
    }
  }
}
