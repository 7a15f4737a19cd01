import Foundation
import FoundationXML

/// A page as a browser takes it apart: elements with their attributes, and words.
package final class Page: NSObject, XMLParserDelegate {
  package final class Element {
    package let name: String
    package let attributes: [String: String]
    package fileprivate(set) var children: [Element] = []
    package fileprivate(set) var words = ""

    init(_ name: String, _ attributes: [String: String]) {
      self.name = name
      self.attributes = attributes
    }

    /// All elements below, in order.
    package var all: [Element] { children.flatMap { [$0] + $0.all } }
    package func all(_ name: String) -> [Element] { all.filter { $0.name == name } }
    /// Its words and those of all elements below.
    package var text: String { words + children.map(\.text).joined() }
  }

  package let root = Element("", [:])
  private var open: [Element] = []

  /// - Returns: `nil` where the markup is not well formed.
  package init?(_ html: String) {
    super.init()
    open = [root]
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    guard parser.parse() else { return nil }
  }

  package subscript(id: String) -> Element? { root.all.first { $0.attributes["id"] == id } }

  /// The titles of the marks in a figure.
  package func titles(in figure: String) -> [String] {
    self[figure]?.all("title").map(\.text) ?? []
  }

  package func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    let element = Element(name, attributes)
    open.last?.children.append(element)
    open.append(element)
  }

  package func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) { open.removeLast() }

  package func parser(_ parser: XMLParser, foundCharacters string: String) {
    open.last?.words += string
  }
}
