import BlockMatrix

/// One line of a plot, or one kind of a bar's parts.
package struct Series {
  let name: String
  /// Position and value of each point, and what is said of it.
  var points: [(position: Int, value: Double, title: String)] = []

  package init(
    name: String, points: [(position: Int, value: Double, title: String)] = []
  ) {
    self.name = name
    self.points = points
  }
}

/// Plots as SVG: no script, colours from the page's style, a title on every point.
package struct Plot {
  private static let (width, height) = (420.0, 236.0)
  private static let (left, right, top, bottom) = (50.0, 410.0, 12.0, 196.0)

  private let positions: ClosedRange<Int>
  private let vertical: Axis
  private var parts: [Markup] = []

  private init(_ positions: ClosedRange<Int>, _ vertical: Axis) {
    self.positions = positions
    self.vertical = vertical
  }

  // MARK: Lines

  /// Lines over whole numbers from 1.
  ///
  /// - Returns: `nil` where no value can be drawn.
  package static func lines(_ series: [Series], over name: String) -> Markup? {
    let points = series.flatMap(\.points)
    guard let last = points.map(\.position).max(), points.allSatisfy({ isDrawable($0.value) })
    else { return nil }
    let first = beginning(of: series)
    let shown = points.filter { $0.position >= first }.map(\.value)
    var plot = Plot(1...max(2, last), .linear(shown))
    plot.drawGrid()
    plot.drawPositions(name)
    for (number, series) in series.enumerated() {
      plot.draw(series, from: first, kind: "s\(number)")
    }
    return plot.markup
  }

  /// The first position that the axis has to show.
  ///
  /// The first iterations may take so much that all others would be one flat line: they lie at the
  /// edge then.
  package static func beginning(of series: [Series]) -> Int {
    func span(from first: Int) -> Double {
      let values = series.flatMap(\.points).filter { $0.position >= first }.map(\.value)
      return (values.max() ?? 0) - (values.min() ?? 0)
    }
    var first = 1
    while first < 4, span(from: first + 1) > 0, span(from: first + 1) * 3 < span(from: first) {
      first += 1
    }
    return first
  }

  /// - Parameter first: Points before it lie beyond the axis, and stand hollow at its edge.
  private mutating func draw(_ series: Series, from first: Int, kind: String) {
    let places = series.points.map { (x($0.position), y($0.value)) }
    let path = places.enumerated().map { number, place in
      "\(number == 0 ? "M" : "L")\(Self.text(place.0)) \(Self.text(place.1))"
    }
    parts.append(Markup("path", ["class": "line \(kind)", "d": path.joined()]))
    let radius = series.points.count > 60 ? "1.5" : "3"
    for (place, point) in zip(places, series.points) {
      parts.append(
        Markup(
          "circle",
          [
            "class": point.position < first ? "\(kind) beyond" : kind, "cx": Self.text(place.0),
            "cy": Self.text(place.1), "r": radius,
          ], [Markup("title", [:], point.title)]))
    }
  }

  // MARK: Bars

  /// Bars over whole numbers from 1, each made of the series' values, one upon the other.
  ///
  /// - Returns: `nil` where no value can be drawn.
  package static func bars(_ series: [Series], over name: String) -> Markup? {
    let points = series.flatMap(\.points)
    guard let last = points.map(\.position).max(),
      points.allSatisfy({ isDrawable($0.value) && $0.value >= 0 && $0.position >= 1 })
    else { return nil }
    var heights: [Int: Double] = [:]
    for point in points { heights[point.position, default: 0] += point.value }
    let tallest = points.map { heights[$0.position] ?? 0 }
    var plot = Plot(1...last, .linear(tallest, fromZero: true))
    plot.drawGrid()
    plot.drawPositions(name, isBars: true)
    var bases: [Int: Double] = [:]
    for (number, series) in series.enumerated() {
      for point in series.points {
        let base = bases[point.position] ?? 0
        plot.drawBar(point.position, base...base + point.value, point.title, kind: "s\(number)")
        bases[point.position] = base + point.value
      }
    }
    return plot.markup
  }

  /// Bars of counts on an axis of equal factors, with a name below each.
  static func histogram(_ bars: [(name: String, count: Int, title: String)]) -> Markup? {
    guard !bars.isEmpty else { return nil }
    // Below 1, so that a bar of 1 can be seen.
    let axis = Axis.logarithmic([0.5] + bars.filter { $0.count > 0 }.map { Double($0.count) })
    var plot = Plot(1...bars.count, axis)
    plot.drawGrid()
    let skip = (bars.count + 11) / 12
    for (number, bar) in bars.enumerated() {
      if number % skip == 0 { plot.drawName(bar.name, at: plot.middle(ofBar: number + 1)) }
      guard bar.count > 0 else { continue }
      plot.drawBar(number + 1, 0.4...Double(bar.count), bar.title, kind: "s0")
    }
    plot.drawName("ratings", at: Self.right, isAxis: true)
    return plot.markup
  }

  private var barWidth: Double { (Self.right - Self.left) / Double(positions.count) }

  private func middle(ofBar position: Int) -> Double {
    Self.left + (Double(position - positions.lowerBound) + 0.5) * barWidth
  }

  private mutating func drawBar(
    _ position: Int, _ values: ClosedRange<Double>, _ title: String, kind: String
  ) {
    let width = barWidth * (positions.count > 60 ? 1 : 0.76)
    let (low, high) = (y(values.lowerBound), y(values.upperBound))
    parts.append(
      Markup(
        "rect",
        [
          "class": kind, "x": Self.text(middle(ofBar: position) - width / 2),
          "y": Self.text(high), "width": Self.text(width), "height": Self.text(low - high),
        ], [Markup("title", [:], title)]))
  }

  // MARK: Axes

  private mutating func drawGrid() {
    for tick in vertical.ticks {
      let height = Self.text(y(tick))
      parts.append(
        Markup(
          "line",
          [
            "class": "grid", "x1": Self.text(Self.left), "x2": Self.text(Self.right),
            "y1": height, "y2": height,
          ]))
      parts.append(
        Markup(
          "text",
          [
            "class": "left", "x": Self.text(Self.left - 6), "y": Self.text(y(tick) + 4),
          ], Axis.label(tick)))
    }
  }

  /// Numbers below the plot, some eight of them.
  private mutating func drawPositions(_ name: String, isBars: Bool = false) {
    let steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000, 1_000_000]
    let step = steps.first { positions.count / $0 <= 8 } ?? positions.count
    let numbers =
      (step > 2 ? [1] : []) + stride(from: step, through: positions.upperBound, by: step)
    for number in numbers {
      drawName(String(number), at: isBars ? middle(ofBar: number) : x(number))
    }
    drawName(name, at: Self.right, isAxis: true)
  }

  private mutating func drawName(_ name: String, at place: Double, isAxis: Bool = false) {
    parts.append(
      Markup(
        "text",
        [
          "class": isAxis ? "axis" : "below", "x": Self.text(place),
          "y": Self.text(Self.bottom + (isAxis ? 32 : 17)),
        ], name))
  }

  // MARK: Places

  private func x(_ position: Int) -> Double {
    let share = Double(position - positions.lowerBound) / Double(max(1, positions.count - 1))
    return Self.left + 8 + (Self.right - Self.left - 16) * share
  }

  private func y(_ value: Double) -> Double {
    Self.bottom - (Self.bottom - Self.top) * vertical.place(value)
  }

  private static func isDrawable(_ value: Double) -> Bool { value.magnitude <= Axis.bound }

  /// A place in tenths of a unit.
  private static func text(_ place: Double) -> String {
    "\((place * 10).rounded() / 10)"
  }

  private var markup: Markup {
    Markup(
      "svg",
      [
        "viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height))", "role": "img",
        "xmlns": "http://www.w3.org/2000/svg",
      ], parts)
  }
}
