// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Ratios as horizontal bars on a logarithmic axis, an SVG document that is readable on light and on
/// dark paper: no background, and neutral greys that stand out from both.
struct BarChart {
  struct Bar {
    let group: String
    let label: String
    /// Above 0; bars begin at 1.
    let value: Double
  }

  let title: String
  let bars: [Bar]

  private static let labelWidth = 300.0
  private static let axisWidth = 480.0
  private static let rowHeight = 18.0
  private static let text = "#808890"
  private static let grid = "#80889055"
  private static let faster = "#2f9e6e"
  private static let slower = "#d9773a"

  var svg: String {
    let top = 56.0
    var body = ""
    var y = top
    var group = ""
    for bar in bars {
      if bar.group != group {
        group = bar.group
        y += 6
        body += text(bar.group, x: 8, y: y + 13, anchor: "start", style: " font-weight=\"bold\"")
        y += Self.rowHeight
      }
      body += row(bar, y)
      y += Self.rowHeight
    }
    let width = Self.labelWidth + Self.axisWidth + 70
    let height = y + 12
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(number(width))" height="\(number(height))" \
      viewBox="0 0 \(number(width)) \(number(height))" role="img" aria-label="\(escaped(title))" \
      font-family="system-ui, sans-serif" font-size="12" fill="\(Self.text)">
      \(text(title, x: 8, y: 20, anchor: "start", style: " font-size=\"14\" font-weight=\"bold\""))\
      \(axis(from: top, to: y))\(body)</svg>

      """
  }

  private func row(_ bar: Bar, _ y: Double) -> String {
    let (one, end) = (x(1), x(bar.value))
    let color = bar.value >= 1 ? Self.faster : Self.slower
    let value = bar.value.rounded(toDigits: 2)
    return text(bar.label, x: Self.labelWidth - 8, y: y + 13, anchor: "end")
      + "<rect x=\"\(number(min(one, end)))\" y=\"\(number(y + 3))\" "
      + "width=\"\(number(max(abs(end - one), 1)))\" height=\"\(number(Self.rowHeight - 6))\" "
      + "rx=\"2\" fill=\"\(color)\"/>\n"
      + text(value, x: max(one, end) + 5, y: y + 13, anchor: "start")
  }

  private func axis(from top: Double, to bottom: Double) -> String {
    ticks.map { tick in
      let x = number(x(tick))
      return "<line x1=\"\(x)\" y1=\"\(number(top - 6))\" x2=\"\(x)\" y2=\"\(number(bottom))\" "
        + "stroke=\"\(tick == 1 ? Self.text : Self.grid)\"/>\n"
        + text(tick.rounded(toDigits: 1), x: self.x(tick), y: top - 12, anchor: "middle")
    }.joined()
  }

  /// 1, 2 and 5 times the powers of ten, from the one below the smallest bar (and 1) to the one above
  /// the largest.
  private var ticks: [Double] {
    let values = bars.map(\.value) + [1]
    let (low, high) = (values.min() ?? 1, values.max() ?? 1)
    let steps = (-6...6).flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }
    let first = steps.lastIndex { $0 <= low } ?? 0
    let last = steps.firstIndex { $0 >= high && $0 > 1 } ?? steps.count - 1
    return Array(steps[first...last])
  }

  private func x(_ value: Double) -> Double {
    let ticks = ticks
    let (low, high) = (log(ticks[0]), log(ticks[ticks.count - 1]))
    return Self.labelWidth + (log(value) - low) / (high - low) * Self.axisWidth
  }

  private func text(
    _ string: String, x: Double, y: Double, anchor: String, style: String = ""
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\"\(style)>"
      + "\(escaped(string))</text>\n"
  }

  private func number(_ value: Double) -> String { value.rounded(toPlaces: 1) }

  private func escaped(_ string: String) -> String {
    string.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(
      "\"", with: "&quot;")
  }
}
