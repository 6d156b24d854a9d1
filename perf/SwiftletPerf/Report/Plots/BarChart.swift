// SPDX-License-Identifier: Apache-2.0

/// Ratios as horizontal bars on a logarithmic axis.
struct BarChart {
  struct Bar {
    let group: String
    let label: String
    /// Above 0; bars begin at 1.
    let value: Double
    /// Drawn over the bar, where the value is not sure. What has 1 in it is neither good nor bad.
    var interval: ClosedRange<Double>?
    /// Whether more than 1 is better than less.
    var isMoreBetter = true

    var color: String {
      if interval?.contains(1) == true { return Palette.text }
      return (value >= 1) == isMoreBetter ? Palette.better : Palette.worse
    }

    var values: [Double] { [value] + (interval.map { [$0.lowerBound, $0.upperBound] } ?? []) }
  }

  let title: String
  let bars: [Bar]

  private static let labelWidth = 300.0
  private static let axisWidth = 480.0
  private static let rowHeight = 18.0
  private static let tickWidth = 40.0

  var svg: String {
    let axis = Axis.logarithmic("", .count(""), over: bars.flatMap(\.values) + [1])
    func x(_ value: Double) -> Double { Self.labelWidth + axis.place(value) * Self.axisWidth }
    let top = 56.0
    var body = ""
    var y = top
    var group = ""
    for bar in bars {
      if bar.group != group {
        group = bar.group
        y += 6
        body += SVG.text(bar.group, x: 8, y: y + 13, style: " font-weight=\"bold\"")
        y += Self.rowHeight
      }
      body += row(bar, y, x)
      y += Self.rowHeight
    }
    let width = Self.labelWidth + Self.axisWidth + 70
    let title = SVG.title(title, x: 8, y: 20, width: width)
    let ticks = axis.ticks(atMost: Int(Self.axisWidth / Self.tickWidth)).map { tick in
      let color = tick.value == 1 ? Palette.text : Palette.grid
      return SVG.line(x(tick.value), top - 6, x(tick.value), y, "stroke=\"\(color)\"")
        + SVG.text(tick.label, x: x(tick.value), y: top - 12, .middle)
    }
    return SVG.document(
      title + ticks.joined() + body, width: width, height: y + 12, label: self.title)
  }

  private func row(_ bar: Bar, _ y: Double, _ x: (Double) -> Double) -> String {
    let (one, end) = (x(1), x(bar.value))
    let right = bar.values.map(x).max() ?? end
    return SVG.text(bar.label, x: Self.labelWidth - 8, y: y + 13, .end)
      + "<rect x=\"\(SVG.number(min(one, end)))\" y=\"\(SVG.number(y + 3))\" "
      + "width=\"\(SVG.number(max(abs(end - one), 1)))\" "
      + "height=\"\(SVG.number(Self.rowHeight - 6))\" rx=\"2\" fill=\"\(bar.color)\"/>\n"
      + whisker(bar.interval, y + Self.rowHeight / 2, x)
      + SVG.text(bar.value.rounded(toDigits: 2), x: max(one, right) + 5, y: y + 13)
  }

  private func whisker(
    _ interval: ClosedRange<Double>?, _ y: Double, _ x: (Double) -> Double
  ) -> String {
    guard let interval else { return "" }
    let (low, high) = (x(interval.lowerBound), x(interval.upperBound))
    let style = "stroke=\"\(Palette.text)\" stroke-width=\"1.5\""
    return SVG.line(low, y, high, y, style) + SVG.line(low, y - 4, low, y + 4, style)
      + SVG.line(high, y - 4, high, y + 4, style)
  }
}
