// SPDX-License-Identifier: Apache-2.0

extension Calibration {
  /// What the null server took at each number of connections, and what `runs` took beside it.
  func figure(_ runs: [Run]) -> Figure? {
    guard points.count > 1 else { return nil }
    let parts: [(name: String, value: KeyPath<Point, Double>)] = [
      ("p99", \.p99), ("mean", \.mean), ("p50", \.p50),
    ]
    var table = Table(head: ["", "mean", "p50", "p99", "rate"])
    for point in points {
      table.add(
        ["\(point.connections) connections"]
          + [point.mean, point.p50, point.p99].map(Unit.time.text) + [Unit.rate.text(point.rate)])
    }
    for run in runs {
      guard let times = run.mainTimes?.times, let load = run.load,
        let null = points.first(where: { $0.connections == load.connections })
      else { continue }
      let rest = [
        times.mean - null.mean, Double(times.p50) - null.p50, Double(times.p99) - null.p99,
      ]
      table.add(["\(run.name) without that"] + rest.map { Unit.time.text(max(0, $0)) } + [""])
    }
    let curves = parts.map { name, value in
      let places = points.map { Plot.Point(x: Double($0.connections), y: $0[keyPath: value]) }
      return Plot.Curve(
        label: name, points: places,
        marks: places.map {
          ($0, "\(name), \(Unit.count("connections").text($0.x)): \(Unit.time.text($0.y))")
        })
    }
    let values = curves.flatMap(\.points)
    return Figure(
      drawing: Plot(
        title: "Calibration: a server that does nothing",
        x: .linear("connections", .count(""), over: values.map(\.x)),
        y: .linearFromZero("response time", .time, over: values.map(\.y)), curves: curves),
      caption: "The client and the machine by themselves: \(Unit.time.text(fixed)) and "
        + "\(Unit.time.text(perConnection)) a connection. Percentiles do not subtract exactly.",
      table: table)
  }
}
