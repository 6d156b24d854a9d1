// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import SwiftletPerf

@Suite struct PlotTests {
  private func plot(_ curves: [Plot.Curve]) -> Plot {
    let points = curves.flatMap(\.points)
    return Plot(
      title: "a plot", x: .linear("x", .count(""), over: points.map(\.x)),
      y: .linearFromZero("y", .count(""), over: points.map(\.y)), curves: curves)
  }

  /// The numbers of an element's `d`.
  private func numbers(_ svg: String, after prefix: String) -> [Double] {
    guard let begin = svg.range(of: prefix)?.upperBound,
      let path = svg[begin...].firstRange(of: "d=\"")?.upperBound
    else { return [] }
    return svg[path...].prefix { $0 != "\"" }.split { !"0123456789.".contains($0) }
      .compactMap { Double($0) }
  }

  @Test func aPeakIsSeenHoweverManyValuesThereAre() {
    var points = (0..<1_000_000).map { Plot.Point(x: Double($0), y: 1) }
    points[777_777].y = 1000
    let svg = plot([.init(label: "", points: points)]).svg(width: 560, isTitled: false)
    #expect(svg.utf8.count < 100_000)
    let path = numbers(svg, after: "class=\"grid\"")
    #expect(path.min()! < 40, "the peak reaches the top of the frame")
  }

  @Test func pointsInOnePlaceAreDrawnOnce() {
    let same = [Plot.Point](repeating: .init(x: 1, y: 1), count: 100_000)
    let points = same + [.init(x: 2, y: 9), .init(x: 3, y: 2)]
    let svg = plot([.init(label: "", form: .points, points: points)])
      .svg(width: 560, isTitled: false)
    #expect(svg.ranges(of: "h0").count == 3)
  }

  @Test func whatIsNoNumberIsLeftOut() {
    let points = [
      Plot.Point(x: 1, y: 1), .init(x: 2, y: .nan), .init(x: .infinity, y: 2), .init(x: 3, y: 4),
    ]
    for form in [Plot.Curve.Form.line, .steps, .points] {
      let svg = plot([.init(label: "", form: form, points: points)])
        .svg(width: 328, isTitled: true)
      #expect(!svg.contains("nan") && !svg.contains("inf"))
    }
    _ = plot([]).svg(width: 328, isTitled: true)
    _ = plot([.init(label: "", form: .steps, points: [])]).svg(width: 328, isTitled: true)
  }

  @Test func textIsEscaped() {
    #expect(escaped("<a href=\"&\">") == "&lt;a href=&quot;&amp;&quot;&gt;")
    #expect(escaped("a\u{0}b\u{1B}c\u{FFFF}") == "a\u{FFFD}b\u{FFFD}c\u{FFFD}")
    #expect(escaped("µ ✓\n") == "µ ✓\n")
  }

  @Test func intervalsThatSpanTheReferenceAreNeitherBetterNorWorse() {
    let rows = [(0.8, 0.9), (0.95, 1.05), (1.1, 1.2)].map { low, high in
      RowChart.Row(
        label: "\(low)", interval: low...high, values: [(low + high) / 2], text: "")
    }
    let svg = RowChart(
      title: "ratios", axis: "ratio", unit: .count(""), marks: ["ratio"], reference: 1, rows: rows
    ).svg(width: 560, isTitled: true)
    func bars(_ color: String) -> Int {
      svg.ranges(of: "stroke=\"\(color)\" stroke-width=\"8\"").count
    }
    #expect(bars(Palette.worse) == 1 && bars(Palette.text) == 1 && bars(Palette.better) == 1)
  }

  /// WCAG 2.1, 1.4.11: 3 to 1 for what is not text. The last ground is that of reports in the dark.
  @Test(arguments: ["#ffffff", "#000000", "#14171b"])
  func coloursStandOut(ground: String) {
    let colors = Palette.styles.map(\.color) + [Palette.text, Palette.better, Palette.worse]
    for color in colors {
      let (one, other) = (luminance(color), luminance(ground))
      #expect((max(one, other) + 0.05) / (min(one, other) + 0.05) >= 3, "\(color) on \(ground)")
    }
    #expect(Set(Palette.styles.map(\.dashes)).count == Palette.styles.count)
  }

  private func luminance(_ color: String) -> Double {
    let number = Int(color.dropFirst(), radix: 16)!
    let parts = [16, 8, 0].map { shift in
      let share = Double(number >> shift & 0xff) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }
}
