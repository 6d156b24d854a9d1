// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// How long all but the slowest tenth, hundredth, thousandth took: the curve that shows what means and single
/// percentiles hide.
enum PercentileFigure {
  private static var named: [(name: String, share: Double, value: KeyPath<Run.Times, UInt64>)] {
    [
      ("p50", 0.5, \.p50), ("p90", 0.9, \.p90), ("p99", 0.99, \.p99), ("p99.9", 0.999, \.p999),
      ("p99.99", 0.9999, \.p9999),
    ]
  }

  /// nil where there is nothing to be drawn.
  static func figure(_ title: String, _ all: [(label: String, times: Run.Times)]) -> Figure? {
    let all = all.filter { $0.times.count > 0 }
    guard !all.isEmpty else { return nil }
    let curves = all.map { curve($0.label, $0.times) }
    var table = Table(head: [""] + named.map(\.name) + ["max", "count"])
    for (label, times) in all {
      table.add(
        [label] + named.map { Unit.time.text(Double(times[keyPath: $0.value])) }
          + [Unit.time.text(Double(times.max)), "\(times.count)".grouped])
    }
    // A few that took hardly any time would take all the room: they lie at the low end.
    let least = all.map { Double($0.times.p50) }.min()! / 10
    let unreadable = all.filter { Latencies(encoded: $0.times.hdr) == nil }.map(\.label)
    return Figure(
      drawing: Plot(
        title: title,
        x: .percentile("percentile", count: all.map(\.times.count).max() ?? 0),
        y: .logarithmic("time", .time, over: curves.flatMap { $0.points.map { max($0.y, least) } }),
        curves: curves),
      caption: unreadable.isEmpty
        ? ""
        : "The histogram of \(unreadable.joined(separator: ", ")) cannot be read: "
          + "only its percentiles are drawn.",
      table: table)
  }

  private static func curve(_ label: String, _ times: Run.Times) -> Plot.Curve {
    // The longest of 1,000 values lies at 99.9 %, as the one of them that is above 999.
    let last = 1 - 1 / Double(times.count)
    let marks =
      named.filter { $0.share < last }.map { mark in
        let value = Double(times[keyPath: mark.value])
        return (
          Plot.Point(x: mark.share, y: value), "\(label) \(mark.name): \(Unit.time.text(value))"
        )
      } + [
        (
          Plot.Point(x: last, y: Double(times.max)),
          "\(label) max: \(Unit.time.text(Double(times.max)))"
        )
      ]
    guard let latencies = Latencies(encoded: times.hdr), latencies.totalCount > 0 else {
      return Plot.Curve(label: label, points: marks.map(\.0), marks: marks)
    }
    let total = Double(latencies.totalCount)
    var below: UInt64 = 0
    // Each value holds from the share that is below it to the one that is not above.
    let points = latencies.recordedValues().flatMap { step in
      let value = min(Double(step.value), Double(times.max))
      let begin = Double(below) / total
      below += step.count
      return [begin, Double(below) / total].map { Plot.Point(x: min($0, last), y: value) }
    }
    return Plot.Curve(label: label, points: points, marks: marks)
  }
}
