import TestSupport
import Testing

/// Scores of the worked model stand at ``StoredModel/tiny()``.
@Suite struct `Rankings of many` {
  private let stored: StoredModel

  init() throws { stored = try StoredModel.tiny() }

  private func run(_ arguments: String...) throws -> CommandResult {
    try CommandRunner.run(arguments, in: stored.folder.path)
  }

  @Test func `are of the best users of items, without those that have rated them`() throws {
    let all = try run("recommend", "model", "--for-items", "all", "--format", "csv")
    #expect(all.status == 0)
    #expect(
      all.output == """
        item,user,rank,score
        Brazil,bob,1,1.0
        Dune,bob,1,1.5
        Casablanca,zoë,1,0.0
        Casablanca,ann,2,-1.5

        """)
    #expect(all.errors.hasSuffix(" is left out (--include-seen ranks it too)\n"))
    try stored.folder.write("Dune\nHeat\n", to: "items.txt")
    try stored.folder.write("bob\nzoë\n", to: "users.txt")
    let some = try run(
      "recommend", "model", "--for-items", "items.txt", "--skip-unknown", "--include-seen",
      "--among", "users.txt", "--json")
    #expect(some.errors == "blockals: 1 of 2 items are unknown\n")
    #expect(
      some.output == """
        {"rankings":[
        {"item":"Dune","users":[{"user":"zoë","rank":1,"score":4.0},\
        {"user":"bob","rank":2,"score":1.5}]}]}

        """)
  }

  @Test func `of users for items have the scores of items for users`() throws {
    let users = try run("recommend", "model", "--users", "all", "--include-seen", "--top", "9")
    let items = try run("recommend", "model", "--for-items", "all", "--include-seen", "--top", "9")
    func scores(_ text: String, _ user: Int, _ item: Int) -> Set<String> {
      Set(
        text.split(separator: "\n").dropFirst().map { line in
          let fields = line.split(separator: "\t")
          return "\(fields[user]) \(fields[item]) \(fields[3])"
        })
    }
    #expect(scores(users.output, 0, 1) == scores(items.output, 1, 0))
    #expect(scores(users.output, 0, 1).count == 12)
  }

  @Test func `keep to the scale, and to items with enough ratings, on request`() throws {
    let result = try run(
      "recommend", "model", "--clip", "--min-item-ratings", "2", "--format", "csv", "bob", "zoë")
    #expect(result.output == "user,item,rank,score\nbob,Dune,1,1.5\nbob,Brazil,2,1.0\n")
    let low = try run("recommend", "model", "--clip", "--format", "csv", "ann")
    #expect(low.output == "user,item,rank,score\nann,Casablanca,1,1.0\n")
  }

  @Test func `find the neighbours of all items or users in one pass, among those that may be`()
    throws
  {
    let all = try run("similar", "model", "--items", "all", "--top", "3", "--format", "csv")
    let named = try run(
      "similar", "model", "--item", "Alien", "--item", "Brazil", "--item", "Dune", "--item",
      "Casablanca", "--top", "3", "--format", "csv")
    #expect(all.output == named.output)
    #expect(all.output.split(separator: "\n").count == 13)
    try stored.folder.write("Alien\nBrazil\n", to: "stock.txt")
    try stored.folder.write("Brazil\n", to: "sold.txt")
    try stored.folder.write("Dune\nAlien\n", to: "basket.txt")
    let among = try run(
      "similar", "model", "--items", "basket.txt", "--among", "stock.txt", "--not-among",
      "sold.txt", "--format", "csv")
    #expect(among.output == "item,neighbour,rank,cosine\nDune,Alien,1,0.99227786\n")
    let users = try run("similar", "model", "--users", "all", "--top", "1", "--format", "csv")
    #expect(
      users.output.hasPrefix("user,neighbour,rank,cosine\nann,zoë,1,0.8\nzoë,bob,1,0.8944272\n"))
  }

  @Test func `print titles beside the items`() throws {
    try stored.folder.write(
      "id,title,year\nAlien,\"Alien, the first\",1979\nDune,Dune (1984),1984\n", to: "titles.csv")
    let result = try run(
      "recommend", "model", "--titles", "titles.csv", "--top", "2", "--include-seen", "--format",
      "csv", "ann")
    #expect(
      result.output == """
        user,item,title,rank,score
        ann,Alien,"Alien, the first",1,4.0
        ann,Dune,Dune (1984),2,3.5

        """)
    #expect(result.errors == "blockals: 2 of 4 items have no title in titles.csv\n")
    let items = try run(
      "recommend", "model", "--titles", "titles.csv", "--for-items", "all", "--format", "jsonl")
    #expect(
      items.output.contains("{\"item\":\"Dune\",\"title\":\"Dune (1984)\",\"user\":\"bob\""))
    #expect(items.output.contains("{\"item\":\"Brazil\",\"title\":null,\"user\":\"bob\""))
    // As MovieLens has them: bars between, and ISO 8859-1.
    try stored.folder.write(
      Array("Brazil|Br".utf8) + [0xE9] + Array("sil|1985\r\n".utf8), to: "u.item")
    let near = try run(
      "similar", "model", "--item", "Alien", "--titles", "u.item", "--json", "--top", "2")
    #expect(near.output.contains("{\"neighbour\":\"Brazil\",\"title\":\"Brésil\",\"rank\":2,"))
    try stored.folder.write("1,2\n", to: "none.csv")
    let none = try run("similar", "model", "--item", "Alien", "--titles", "none.csv")
    #expect(none.status == 65)
    #expect(none.output == "")
    #expect(none.errors.hasPrefix("blockals: error: none.csv: has a title for none of the "))
  }

  @Test(arguments: [
    "recommend model --for-items all ann", "recommend model --for-items all --users all",
    "recommend model --for-items all --min-item-ratings 2",
    "recommend model --for-items all --new-items f", "recommend model --min-item-ratings 0 ann",
    "recommend model --users - --titles -", "similar model --items all --item Dune",
    "similar model --users all --titles f", "similar model --items - --among -",
  ])
  func `what makes no sense is a usage error`(command: String) throws {
    let result = try CommandRunner.run(
      command.split(separator: " ").map(String.init), in: stored.folder.path)
    #expect(result.status == 64)
    #expect(result.output == "")
  }
}
