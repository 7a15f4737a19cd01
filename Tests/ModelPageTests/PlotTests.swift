import BlockMatrix
import ModelPage
import TestSupport
import Testing

@Suite struct `A plot` {
  private func line(_ values: [Double], _ name: String = "a") -> Series {
    Series(name: name, points: zip(1..., values).map { ($0, $1, "\(name) \($0): \($1)") })
  }

  @Test func `has a mark with a title for each point`() throws {
    let plot = try #require(
      Plot.lines([line([3, 2, 1]), line([4, 3, 2], "b")], over: "iteration"))
    let page = try #require(Page(plot.text))
    #expect(page.root.all("circle").count == 6)
    #expect(page.root.all("title").map(\.text).contains("b 2: 3.0"))
  }

  @Test func `leaves first values that would flatten the others at its edge`() {
    #expect(Plot.beginning(of: [line([100, 3, 2.5, 2])]) == 2)
    #expect(Plot.beginning(of: [line([1000, 100, 3, 2.5, 2])]) == 3)
    #expect(Plot.beginning(of: [line([5, 4, 3, 2])]) == 1)
    #expect(Plot.beginning(of: [line([5, 4, 4, 4])]) == 1)
    #expect(Plot.beginning(of: []) == 1)
  }

  @Test(arguments: [[], [.infinity], [1, -.infinity, 2], [1, .nan]] as [[Double]])
  func `of what cannot be drawn there is none`(values: [Double]) {
    #expect(Plot.lines([line(values)], over: "x") == nil)
    #expect(Plot.bars([line(values)], over: "x") == nil)
  }

  @Test func `of any numbers stays inside its frame`() throws {
    for values: [Double] in [
      [1e300, -1e300], [.leastNonzeroMagnitude, 0], [7], [1e20, 1e20 + 16384],
    ] {
      let plots = [
        Plot.lines([line(values)], over: "x"),
        Plot.bars([line(values.map(\.magnitude))], over: "x"),
      ]
      for plot in plots {
        let drawn = try #require(plot)
        let page = try #require(Page(drawn.text))
        for circle in page.root.all("circle") + page.root.all("rect") {
          let height = try #require(Double(circle.attributes["cy"] ?? circle.attributes["y"] ?? ""))
          #expect((12...196).contains(height))
        }
      }
    }
  }

  @Test func `of many bars has a few names below`() throws {
    let plot = try #require(Plot.bars([line((1...300).map { Double($0) })], over: "iteration"))
    let page = try #require(Page(plot.text))
    #expect(page.root.all("rect").count == 300)
    let names = page.root.all("text").filter { $0.attributes["class"] == "below" }.map(\.text)
    #expect(names == ["1", "50", "100", "150", "200", "250", "300"])
  }

  @Test func `of ratings by row counts each row once`() {
    let bars = ModelPage.histogram(of: [1, 1, 2, 3, 4, 9, 1000, .max], .user)
    #expect(bars.map(\.count).reduce(0, +) == 8)
    #expect(bars.map(\.count).prefix(4) == [2, 2, 1, 1])
    #expect(bars[1].title == "2 users with 2 to 3 ratings")
    #expect(bars[0].title == "2 users with 1 rating")
    #expect(ModelPage.histogram(of: [0, 0, 5], .item).first?.title == "2 items with 0 ratings")
    #expect(ModelPage.histogram(of: [], .item).isEmpty)
  }

  @Test func `takes words of any origin for words`() throws {
    let hostile = "</style><script>alert('1')</script>&amp;\u{202E}\u{0}\u{7F}\"<!--]]>"
    let text = Markup.page(title: hostile, style: "p{}", [Markup("p", ["title": hostile], hostile)])
    let page = try #require(Page(text))
    #expect(page.root.all("script").isEmpty)
    #expect(page.root.all("p").first?.text == visible(hostile))
    #expect(page.root.all("p").first?.attributes["title"] == visible(hostile))
  }
}
