// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The plots of one run, those for which it has something.
struct RunFigures {
  let run: Run
  /// In front of titles, where there are several runs.
  let prefix: String

  var all: [Figure] {
    [percentiles, phases, histogram, rate, responseOverTime, messages].compactMap { $0 } + series
  }

  private func title(_ text: String) -> String { prefix.isEmpty ? text : "\(prefix): \(text)" }

  // MARK: - By percentile

  private var percentiles: Figure? {
    PercentileFigure.figure(
      title("Latency by percentile"),
      Run.loadTimes.filter { $0 != "late" }.compactMap { name in
        guard let times = run.times[name] else { return nil }
        // In a closed loop they are the same.
        if name == "service", times.hdr == run.times["response"]?.hdr { return nil }
        return (run.label(ofTimes: name), times)
      })
  }

  private var phases: Figure? {
    PercentileFigure.figure(
      title("Phases by percentile"),
      run.times.keys.filter { !Run.loadTimes.contains($0) }.sorted().map {
        (run.label(ofTimes: $0), run.times[$0]!)
      })
  }

  private static let binsOfTen = 20.0

  private var histogram: Figure? {
    guard let (name, times) = run.mainTimes, let latencies = Latencies(encoded: times.hdr),
      latencies.totalCount > 1
    else { return nil }
    var counts: [Int: UInt64] = [:]
    for step in latencies.recordedValues() {
      let bin = Int((log10(Double(max(step.value, 1))) * Self.binsOfTen).rounded(.down))
      counts[bin, default: 0] += step.count
    }
    guard let first = counts.keys.min(), let last = counts.keys.max() else { return nil }
    func edge(_ bin: Int) -> Double { pow(10, Double(bin) / Self.binsOfTen) }
    let points = (first...last + 1).map {
      Plot.Point(x: edge($0), y: Double(counts[$0] ?? 0))
    }
    var table = Table(head: ["from", "to", "messages"])
    for bin in first...last where counts[bin] != nil {
      table.add([
        Unit.time.text(edge(bin)), Unit.time.text(edge(bin + 1)), "\(counts[bin]!)".grouped,
      ])
    }
    let label = run.label(ofTimes: name)
    return Figure(
      drawing: Plot(
        title: title("Histogram of \(label) times"),
        x: .logarithmic("\(label) time", .time, over: points.map(\.x)),
        y: .logarithmicCounts("messages", over: points.map(\.y)),
        curves: [.init(label: "", form: .steps, points: points)]),
      caption: "Both axes are logarithmic, so that a single slow message is seen.", table: table)
  }

  // MARK: - Over time

  /// The end of each second since the begin of the measured time, and how long it was: the last one is short.
  private var ends: [(end: Double, length: Double)] {
    let whole = Double(run.seconds.count)
    let measured = run.figures["measuredSeconds"].map { min(max($0, whole - 1), whole) } ?? whole
    return run.seconds.indices.map { index in
      let end = min(Double(index + 1), measured)
      return (end, end - Double(index))
    }
  }

  /// Of a shorter piece of a second no rate can be told.
  private static let shortest = 0.05

  private var rate: Figure? {
    guard run.seconds.count > 1 else { return nil }
    var table = Table(head: ["second", "sent", "replies"])
    var sent: [Plot.Point] = []
    var received: [Plot.Point] = []
    for (second, (end, length)) in zip(run.seconds, ends) where length > Self.shortest {
      let (out, back) = (Double(second.sent) / length, Double(second.received) / length)
      sent.append(.init(x: end * 1e9, y: out))
      received.append(.init(x: end * 1e9, y: back))
      table.add([end.rounded(toPlaces: 1), Unit.rate.text(out), Unit.rate.text(back)])
    }
    let curves = [
      Plot.Curve(label: "replies", points: received), Plot.Curve(label: "sent", points: sent),
    ]
    return Figure(
      drawing: Plot(
        title: title("Rate over time"),
        x: .linear("time", .time, over: [0] + received.map(\.x)),
        y: .linearFromZero("messages", .rate, over: (sent + received).map(\.y)), curves: curves),
      table: table.thinned())
  }

  private var responseOverTime: Figure? {
    let measured = zip(run.seconds, ends).filter {
      $0.received > 0 && $1.length > Self.shortest
    }
    guard measured.count > 1 else { return nil }
    var table = Table(head: ["second", "p50", "p99", "max"])
    for (second, time) in measured {
      table.add(
        [time.end.rounded(toPlaces: 1)]
          + [second.p50, second.p99, second.max].map { Unit.time.text(Double($0)) })
    }
    let parts: [(String, KeyPath<Run.Second, UInt64>)] = [
      ("max", \.max), ("p99", \.p99), ("p50", \.p50),
    ]
    let curves = parts.map { label, value in
      Plot.Curve(
        label: label,
        points: measured.map { .init(x: $0.1.end * 1e9, y: Double($0.0[keyPath: value])) })
    }
    return Figure(
      drawing: Plot(
        title: title("Response time over time"),
        x: .linear("time", .time, over: [0] + measured.map { $0.1.end * 1e9 }),
        y: .logarithmic(
          "of each second", .time, over: curves.flatMap { $0.points.map(\.y) }),
        curves: curves),
      table: table.thinned())
  }

  private var series: [Figure] {
    var units: [String] = []
    for series in run.series where !units.contains(series.unit) { units.append(series.unit) }
    return units.compactMap { name in
      let (unit, factor) = Unit.named(name)
      var table = Table(head: ["", "points", "least", "largest", "last"])
      let curves = run.series.filter { $0.unit == name }.compactMap { series -> Plot.Curve? in
        let points = series.points.filter { $0.count == 2 }
          .map { Plot.Point(x: $0[0] * 1e9, y: $0[1] * factor) }
          .filter { $0.x.isFinite && $0.y.isFinite }.sorted { $0.x < $1.x }
        let values = points.map(\.y)
        guard let least = values.min(), let largest = values.max() else { return nil }
        table.add(
          [series.name, "\(values.count)"]
            + [least, largest, values[values.count - 1]].map(unit.text))
        return Plot.Curve(label: series.name, points: points)
      }
      guard !curves.isEmpty else { return nil }
      let names = curves.map(\.label).joined(separator: ", ")
      return Figure(
        drawing: Plot(
          title: title("Over time: \(names)"),
          x: .linear("time", .time, over: [0] + curves.flatMap { $0.points.map(\.x) }),
          y: .linearFromZero(
            unit == .count(name) ? name : "", unit == .count(name) ? .count("") : unit,
            over: curves.flatMap { $0.points.map(\.y) }),
          curves: curves),
        table: table)
    }
  }

  // MARK: - By message

  private var messages: Figure? {
    guard run.messages.count > 1 else { return nil }
    let parts: [(String, KeyPath<Run.MessageTimes, Double>)] = [
      ("total", \.total), ("recv: until the reply", \.recv), ("send: until sent", \.send),
    ]
    var table = Table(head: ["", "least", "median", "largest"])
    let curves = parts.map { label, value in
      let times = run.messages.map { $0[keyPath: value] * 1e9 }.filter(\.isFinite).sorted()
      if !times.isEmpty {
        let median = Spread(of: times).median
        table.add([label] + [times[0], median, times[times.count - 1]].map(Unit.time.text))
      }
      return Plot.Curve(
        label: label, form: .points,
        points: run.messages.map { .init(x: Double($0.idx), y: $0[keyPath: value] * 1e9) })
    }
    let count = "\(run.messages.count)".grouped
    let caption =
      run.messages.count > Plot.mostExactPoints
      ? "\(count) messages; those that would lie on one another are drawn once."
      : "\(count) messages."
    return Figure(
      drawing: Plot(
        title: title("Times by message"),
        x: .linear("index of the message", .count(""), over: run.messages.map { Double($0.idx) }),
        y: .logarithmic("time", .time, over: curves.flatMap { $0.points.map(\.y) }),
        curves: curves),
      caption: caption, table: table)
  }
}
