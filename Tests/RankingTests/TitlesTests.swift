import BlockMatrix
import Ranking
import TestSupport
import Testing

@Suite struct `Titles of items` {
  private let ids = IdTable(ids: ["1", "2", "a,b"], counts: [1, 1, 1])

  private func titles(_ text: String) -> [String?] {
    let titles = Titles(Array(text.utf8), ids: ids)
    return (0..<3).map { index in titles[index].map { String(decoding: $0, as: UTF8.self) } }
  }

  @Test(arguments: [
    "id,title,genres\n1,\"Heat, \"\"the\"\" one\",Crime\n\"a,b\",\"two\nlines\",\"x\ny\"\n2,Ran\n",
    "1;\"Heat, \"\"the\"\" one\";1995\r\na,b;\"two\nlines\"\r\n2;Ran\r\n",
    "\u{FEFF}2::Ran::Drama\n1::Heat, \"the\" one::Crime\na,b::two\nlines\n",
    "id\ttitle\n1\tHeat, \"the\" one\n2\tRan\n\na,b\ttwo",
    "1|Heat, \"the\" one|01-Jan-1995||\n2|Ran|\na,b|two",
  ])
  func `are read as they are found`(text: String) {
    let found = titles(text)
    #expect(found[0] == "Heat, \"the\" one")
    #expect(found[1] == "Ran")
    #expect(found[2]?.hasPrefix("two") == true)
  }

  @Test func `of two lines with one id the first counts, and others are empty or missing`() {
    #expect(titles("1,Heat\n1,Ran\n2,\n") == ["Heat", "", nil])
    #expect(titles("") == [nil, nil, nil])
    #expect(titles("1\n2\n") == [nil, nil, nil])
    #expect(titles("1,\"never closed\n2,Ran\n") == ["never closed\n2,Ran\n", nil, nil])
  }
}
