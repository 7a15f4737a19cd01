import BlockMatrix

/// A piece of a page: HTML that is XML too, in which everything from outside is text.
package struct Markup {
  /// As it stands in the page.
  package private(set) var text: String

  /// Words of any origin: nothing in them is markup, hidden or turns what follows.
  init(_ words: String) {
    text = Self.escaped(words)
  }

  /// An element.
  ///
  /// - Parameters:
  ///   - attributes: Values of any origin.
  ///   - children: `nil` for an element that never has any.
  init(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
    _ children: [Markup]? = []
  ) {
    var text = "<\(name)"
    for (key, value) in attributes { text += " \(key)=\"\(Self.escaped(value))\"" }
    if let children {
      self.text = text + ">" + children.map(\.text).joined() + "</\(name)>"
    } else {
      self.text = text + "/>"
    }
  }

  /// An element around words.
  package init(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ words: String
  ) {
    self.init(name, attributes, [Markup(words)])
  }

  /// The page's own style, which no escaping is meant for.
  init(style: StaticString) {
    text = "<style>\(style)</style>"
  }

  /// A whole page.
  package static func page(title: String, style: StaticString, _ body: [Markup]) -> String {
    let head = Markup(
      "head",
      [:],
      [
        Markup("meta", ["charset": "utf-8"], nil),
        Markup(
          "meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"], nil),
        Markup("meta", ["name": "color-scheme", "content": "light dark"], nil),
        Markup("title", [:], title), Markup(style: style),
      ])
    let html = Markup("html", ["lang": "en"], [head, Markup("body", [:], body)])
    return "<!DOCTYPE html>\n\(html.text)\n"
  }

  private static func escaped(_ words: String) -> String {
    var text = ""
    for scalar in visible(words).unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

/// A table whose first column stands on the left, the others on the right.
struct PageTable {
  private let id: String
  private let header: [String]
  private let wraps: Bool
  private var rows: [Markup] = []

  /// - Parameter wraps: Whether long words go on in the next line, and the table does not become
  ///   wider than the page.
  init(_ id: String, _ header: [String], wraps: Bool = false) {
    self.id = id
    self.header = header
    self.wraps = wraps
  }

  /// - Parameter mark: A class of the row.
  mutating func add(_ cells: [String], mark: String = "") {
    let cells = cells.enumerated().map { column, words in
      column == 0 ? Markup("th", ["scope": "row"], words) : Markup("td", [:], words)
    }
    rows.append(Markup("tr", mark.isEmpty ? [:] : ["class": mark], cells))
  }

  var markup: Markup {
    let head = header.map { Markup("th", ["scope": "col"], $0) }
    return Markup(
      "div", ["class": "wide"],
      [
        Markup(
          "table", wraps ? ["id": id, "class": "pairs"] : ["id": id],
          [Markup("thead", [:], [Markup("tr", [:], head)]), Markup("tbody", [:], rows)])
      ])
  }
}
