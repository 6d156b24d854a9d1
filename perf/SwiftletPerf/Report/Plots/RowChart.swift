// SPDX-License-Identifier: Apache-2.0

/// Rows with values on a common logarithmic axis: what several runs came to, or ratios with their confidence
/// intervals.
struct RowChart: Drawing {
  struct Row {
    let label: String
    /// From low to high, such as a confidence interval: drawn as a bar. What lies within must be above 0.
    var interval: ClosedRange<Double>?
    /// One for each of the chart's `marks`.
    let values: [Double]
    /// Beside the row's label.
    let text: String
  }

  let title: String
  let axis: Axis
  /// What the values of a row are.
  let marks: [String]
  /// Drawn stronger, such as the ratio 1.
  var reference: Double?
  /// Whether it is better to lie above that than below.
  var isMoreBetter: Bool
  let rows: [Row]

  private static let rowHeight = 34.0
  private static let tickWidth = 52.0

  /// `values` of the rows are those of `marks`, in their order.
  init(
    title: String, axis: String, unit: Unit, marks: [String], reference: Double? = nil,
    isMoreBetter: Bool = true, rows: [Row]
  ) {
    self.title = title
    self.marks = marks
    self.reference = reference
    self.isMoreBetter = isMoreBetter
    self.rows = rows
    let intervals = rows.compactMap(\.interval).flatMap { [$0.lowerBound, $0.upperBound] }
    self.axis = .logarithmic(
      axis, unit, over: rows.flatMap(\.values) + intervals + (reference.map { [$0] } ?? []))
  }

  func svg(width: Double, isTitled: Bool) -> String {
    var body = ""
    var top = 4.0
    if isTitled {
      body += SVG.title(title, x: 4, y: 18, width: width)
      top += 24
    }
    if marks.count > 1 {
      body += legend(y: top + 8)
      top += 20
    }
    let (left, right) = (14.0, width - 14)
    func place(_ value: Double) -> Double { left + axis.place(value) * (right - left) }
    let bottom = top + Double(rows.count) * Self.rowHeight + 6
    for tick in axis.ticks(atMost: Int((right - left) / Self.tickWidth)) {
      let x = place(tick.value)
      let isReference = tick.value == reference
      let style = isReference ? Palette.text : "\(Palette.grid)\" class=\"grid"
      // Not through the words above each row's line.
      for y in [bottom - 4] + rows.indices.map({ Self.line(top, $0) - 7 }) {
        body += SVG.line(x, y, x, y + 14, "stroke=\"\(style)\"")
      }
      let half = SVG.width(of: tick.label) / 2
      body += SVG.text(
        tick.label, x: min(max(x, half), width - half), y: bottom + 18, .middle)
    }
    for (index, row) in rows.enumerated() {
      body += drawn(row, line: Self.line(top, index), width, place)
    }
    body += SVG.text(axis.title + axis.unit.suffix, x: right, y: bottom + 36, .end)
    return SVG.document(body, width: width, height: bottom + 42, label: title)
  }

  private func legend(y: Double) -> String {
    var x = 10.0
    return marks.enumerated().map { index, name in
      defer { x += 14 + SVG.width(of: name) + 16 }
      return dot(index, x: x, y: y) + SVG.text(name, x: x + 10, y: y + 4)
    }.joined()
  }

  private static func line(_ top: Double, _ row: Int) -> Double {
    top + Double(row) * rowHeight + 24
  }

  private func drawn(_ row: Row, line: Double, _ width: Double, _ place: (Double) -> Double)
    -> String
  {
    let text = SVG.shortened(row.text, to: width / 2)
    let room = width - 30 - SVG.width(of: text)
    var body = SVG.text(SVG.shortened(row.label, to: room), x: 4, y: line - 10)
    body += SVG.text(text, x: width - 4, y: line - 10, .end)
    let values = row.values.filter(\.isFinite)
    if let interval = row.interval {
      let style = "stroke=\"\(color(of: interval))\" stroke-width=\"8\" stroke-opacity=\"0.45\""
      let (from, to) = (place(interval.lowerBound), place(interval.upperBound))
      body += SVG.line(from, line, max(to, from + 1), line, style)
    } else if let low = values.min(), let high = values.max() {
      body += SVG.line(place(low), line, place(high), line, "stroke=\"\(Palette.text)\"")
    }
    for (index, value) in row.values.enumerated() where value.isFinite {
      body += dot(index, x: place(value), y: line, "\(marks[index]) \(axis.unit.text(value))")
    }
    return body
  }

  /// An interval on one side of the reference shows a difference.
  private func color(of interval: ClosedRange<Double>) -> String {
    guard let reference else { return Palette.style(0).color }
    if interval.contains(reference) { return Palette.text }
    return (interval.lowerBound > reference) == isMoreBetter ? Palette.better : Palette.worse
  }

  private func dot(_ index: Int, x: Double, y: Double, _ text: String = "") -> String {
    let title = text.isEmpty ? "" : "<title>\(escaped(text))</title>"
    return "<circle cx=\"\(SVG.number(x))\" cy=\"\(SVG.number(y))\" r=\"4.5\" "
      + "fill=\"\(Palette.style(index).color)\">\(title)</circle>\n"
  }
}
