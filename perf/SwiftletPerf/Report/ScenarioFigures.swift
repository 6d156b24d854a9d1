// SPDX-License-Identifier: Apache-2.0

/// The plots that hold several runs against one another.
struct ScenarioFigures {
  private let runs: [(name: String, run: Run)]

  init(_ runs: [(name: String, run: Run)]) { self.runs = runs }

  /// More curves than this cannot be told apart.
  private static let mostCurves = 8

  var all: [Figure] { [byConnections, rateByConnections].compactMap { $0 } + overlays }

  /// Those for runs that may have nothing to do with one another.
  var overlays: [Figure] { [ranges].compactMap { $0 } + percentiles }

  private var percentiles: [Figure] {
    let timed = runs.compactMap { name, run in run.mainTimes.map { (name, $0.times) } }
    guard timed.count > 1 else { return [] }
    let parts = stride(from: 0, to: timed.count, by: Self.mostCurves).map {
      timed[$0..<min($0 + Self.mostCurves, timed.count)]
    }
    return parts.enumerated().compactMap { index, part in
      let number = parts.count > 1 ? ", \(index + 1) of \(parts.count)" : ""
      return PercentileFigure.figure("Response time by percentile\(number)", Array(part))
    }
  }

  /// What each run came to, one below the other.
  private var ranges: Figure? {
    var table = Table(head: ["", "p50", "p99", "max"])
    let rows = runs.compactMap { name, run -> RowChart.Row? in
      guard let times = run.mainTimes?.times else { return nil }
      let values = [times.p50, times.p99, times.max].map { Double($0) }
      table.add([name] + values.map(Unit.time.text))
      return .init(label: name, values: values, text: "p99 \(Unit.time.text(values[1]))")
    }
    guard rows.count > 1 else { return nil }
    return Figure(
      drawing: RowChart(
        title: "Response times of the runs", axis: "time", unit: .time,
        marks: ["p50", "p99", "max"], rows: rows), table: table)
  }

  // MARK: - Against the number of connections

  /// Runs whose connections differ, by the number of client threads, since a client's own share shows in it.
  private var byThreads: [(threads: Int, runs: [(connections: Int, run: Run)])] {
    var groups: [Int: [(connections: Int, run: Run)]] = [:]
    for (_, run) in runs {
      guard let load = run.load else { continue }
      groups[load.threads, default: []].append((load.allConnections, run))
    }
    return groups.sorted { $0.key < $1.key }.compactMap { threads, runs in
      // Runs with as many connections differ in something else.
      guard runs.count > 1, Set(runs.map(\.connections)).count == runs.count else { return nil }
      return (threads, runs.sorted { $0.connections < $1.connections })
    }
  }

  private func label(_ name: String, _ threads: Int) -> String {
    guard byThreads.count > 1 else { return name }
    return "\(name), \(threads) \(threads == 1 ? "thread" : "threads")"
  }

  private var byConnections: Figure? {
    let groups = byThreads
    let parts: [(String, KeyPath<Run.Times, UInt64>)] =
      groups.count > 1
      ? [("p50", \.p50), ("p99", \.p99)]
      : [("max", \.max), ("p99.9", \.p999), ("p99", \.p99), ("p50", \.p50)]
    var table = Table(head: ["connections"] + parts.map(\.0))
    for (threads, runs) in groups {
      for (connections, run) in runs {
        guard let times = run.mainTimes?.times else { continue }
        table.add(
          [label("\(connections)", threads)]
            + parts.map { Unit.time.text(Double(times[keyPath: $0.1])) })
      }
    }
    return against(
      "Response time by number of connections", table,
      y: { .logarithmic("time", .time, over: $0) }, unit: .time,
      groups.flatMap { threads, runs in
        parts.map { name, value in
          (
            label(name, threads),
            runs.compactMap { connections, run in
              run.mainTimes.map {
                Plot.Point(x: Double(connections), y: Double($0.times[keyPath: value]))
              }
            }
          )
        }
      })
  }

  private var rateByConnections: Figure? {
    var table = Table(head: ["connections", "rate"])
    let curves = byThreads.map { threads, runs in
      (
        label("rate", threads),
        runs.compactMap { connections, run -> Plot.Point? in
          guard let rate = run.figures["rate"] else { return nil }
          table.add([label("\(connections)", threads), Unit.rate.text(rate)])
          return Plot.Point(x: Double(connections), y: rate)
        }
      )
    }
    return against(
      "Rate by number of connections", table,
      y: { .linearFromZero("replies", .rate, over: $0) }, unit: .rate, curves)
  }

  private func against(
    _ title: String, _ table: Table, y: ([Double]) -> Axis, unit: Unit,
    _ curves: [(label: String, points: [Plot.Point])]
  ) -> Figure? {
    let curves = curves.filter { $0.points.count > 1 }.prefix(Self.mostCurves)
    guard !curves.isEmpty else { return nil }
    let points = curves.flatMap(\.points)
    return Figure(
      drawing: Plot(
        title: title,
        x: .logarithmic("connections", .count(""), over: points.map(\.x)),
        y: y(points.map(\.y)),
        curves: curves.map { label, points in
          Plot.Curve(
            label: label, points: points,
            marks: points.map {
              ($0, "\(label), \(Unit.count("connections").text($0.x)): \(unit.text($0.y))")
            })
        }),
      table: table)
  }
}
