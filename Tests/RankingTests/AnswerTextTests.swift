import BlockMatrix
import BlockStore
import Ranking
import TestSupport
import Testing

@Suite struct `Answers as text` {
  private let items = IdTable(
    ids: ["plain", "a,b", "a\"b", "tab\there", "line\nfeed", "back\\slash", " edge", "é"],
    counts: [UInt32](repeating: 1, count: 8))

  private func text(
    _ format: AnswerFormat, _ rankings: [(String, [Candidate])], items: IdTable? = nil
  ) throws -> String {
    let users = IdTable(ids: rankings.map(\.0), counts: rankings.map { _ in 1 })
    let text = AnswerText.recommendations(
      format, ids: PerSide(user: users, item: items ?? self.items))
    var bytes = text.opening
    for (position, (_, ranking)) in rankings.enumerated() {
      try text.append(ranking, position: position, of: UInt32(position), to: &bytes)
    }
    return String(decoding: bytes + text.closing, as: UTF8.self)
  }

  private var all: [Candidate] {
    (0..<8).map { Candidate(index: UInt32($0), score: 1 / Float($0 + 1)) }
  }

  @Test func `TSV escapes what would break a line, and nothing else`() throws {
    #expect(
      try text(.tsv, [("ann", all)]) == """
        user\titem\trank\tscore
        ann\tplain\t1\t1.0
        ann\ta,b\t2\t0.5
        ann\ta"b\t3\t0.33333334
        ann\ttab\\there\t4\t0.25
        ann\tline\\nfeed\t5\t0.2
        ann\tback\\\\slash\t6\t0.16666667
        ann\t edge\t7\t0.14285715
        ann\té\t8\t0.125

        """)
  }

  @Test func `CSV quotes what RFC 4180 asks for`() throws {
    #expect(
      try text(.csv, [("o'neil, \"pat\"", all)]) == """
        user,item,rank,score
        "o'neil, ""pat""\",plain,1,1.0
        "o'neil, ""pat""\","a,b",2,0.5
        "o'neil, ""pat""\","a""b",3,0.33333334
        "o'neil, ""pat""\",tab\there,4,0.25
        "o'neil, ""pat""\","line
        feed",5,0.2
        "o'neil, ""pat""\",back\\slash,6,0.16666667
        "o'neil, ""pat""\"," edge",7,0.14285715
        "o'neil, ""pat""\",é,8,0.125

        """)
  }

  @Test(arguments: [
    ("=1+1", "'=1+1"), ("+a", "'+a"), ("-2", "'-2"), ("@x", "'@x"), ("\t=1", "'\t=1"),
    ("\r=1", "\"'\r=1\""), (" =1", "' =1"), ("=a,b", "\"'=a,b\""), ("a=1", "a=1"), ("", "\"\""),
    ("'=1", "'=1"),
  ])
  func `CSV for spreadsheets has no formulas`(id: String, expected: String) {
    var text: [UInt8] = []
    CSVField.append(Array(id.utf8), isSpreadsheetSafe: true, to: &text)
    #expect(String(decoding: text, as: UTF8.self) == expected)
  }

  @Test func `JSON lines are one object for each place`() throws {
    #expect(
      try text(.jsonl, [("ann", Array(all.prefix(3)))]) == """
        {"user":"ann","item":"plain","rank":1,"score":1.0}
        {"user":"ann","item":"a,b","rank":2,"score":0.5}
        {"user":"ann","item":"a\\"b","rank":3,"score":0.33333334}

        """)
  }

  @Test func `JSON is one object, also for users without an item`() throws {
    #expect(
      try text(.json, [("ann", [all[7]]), ("bob", []), ("zoë", [all[0], all[4]])]) == """
        {"rankings":[
        {"user":"ann","items":[{"item":"é","rank":1,"score":0.125}]},
        {"user":"bob","items":[]},
        {"user":"zoë","items":[{"item":"plain","rank":1,"score":1.0},\
        {"item":"line\\nfeed","rank":2,"score":0.2}]}]}

        """)
    #expect(try text(.json, []) == "{\"rankings\":[]}\n")
  }

  @Test func `an id that is no UTF-8 goes into TSV as it is, and is refused for JSON`() throws {
    let odd = IdTable(bytes: [0x61, 0xFF], offsets: [0, 2], counts: [1])
    let ranking = [Candidate(index: 0, score: 2)]
    var bytes: [UInt8] = []
    let users = IdTable(bytes: [0xFE], offsets: [0, 1], counts: [1])
    try AnswerText.recommendations(.tsv, ids: PerSide(user: users, item: odd))
      .append(ranking, position: 0, of: 0, to: &bytes)
    #expect(bytes == [0xFE, 0x09, 0x61, 0xFF] + Array("\t1\t2.0\n".utf8))
    let failure = #expect(throws: Failure.self) {
      try text(.jsonl, [("ann", ranking)], items: odd)
    }
    #expect(failure?.code == .data)
    #expect(failure?.place == "id \"a\\xff\"")
  }

  @Test func `every score reads back as the same float`() throws {
    var generator = SplitMix(seed: 4)
    for _ in 0..<2000 {
      let score = Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &generator))
      let line = try text(.jsonl, [("a", [Candidate(index: 0, score: score)])])
      let number = line.split(separator: ":").last?.dropLast(2) ?? ""
      #expect(Float(number)?.bitPattern == score.bitPattern)
    }
  }
}
