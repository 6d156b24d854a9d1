// SPDX-License-Identifier: Apache-2.0

/// What the client and this machine add to response times by themselves: the same load on a server that does nothing
/// but send messages back, in a process of its own.
package struct Calibration: Codable, Sendable {
  /// Nanoseconds of response time, but for the first two.
  package struct Point: Codable, Sendable {
    package var connections: Int
    /// Replies a second.
    package var rate: Double
    package var mean: Double
    package var p50: Double
    package var p99: Double
  }

  /// By the number of connections.
  package private(set) var points: [Point]
  /// Nanoseconds that one more connection adds to the mean response time, by least squares over the points, and what
  /// there is without any.
  package private(set) var perConnection: Double
  package private(set) var fixed: Double

  init(points: [Point]) {
    self.points = points
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + Double($1.connections) } / count
    let meanY = points.reduce(0) { $0 + $1.mean } / count
    let spread = points.reduce(0) { sum, point in
      let distance = Double(point.connections) - meanX
      return sum + distance * distance
    }
    let slope = points.reduce(0) { sum, point in
      sum + (Double(point.connections) - meanX) * (point.mean - meanY)
    }
    perConnection = spread == 0 ? 0 : slope / spread
    fixed = meanY - perConnection * meanX
  }

  /// Runs `plan` at each number of connections on a null server that it starts: `command`, which is to write "listening
  /// on" and its port. An open loop's rate stays as it is.
  package static func measure(
    _ plan: LoadPlan, connections: [Int], nullServer command: [String],
    _ watch: (LoadProgress) -> Void
  ) async throws -> Calibration {
    let subject = ServerSubject(
      name: "null server", url: "ws://127.0.0.1:{port}/",
      // A client that is held to a processor would share it with a server that inherits that.
      launch: ServerSubject.Launch(
        command: command, folder: ".", cpus: "0-\(Machine.current.processors - 1)"))
    let server = try await RunningSubject.start(subject, limit: .seconds(10))
    do {
      var points: [Point] = []
      for count in connections {
        var plan = plan
        plan.url = server.url
        plan.connections = count
        points.append(Point(try await plan.run(watch)))
      }
      await server.stop()
      return Calibration(points: points)
    } catch {
      await server.stop()
      throw error
    }
  }

  /// Numbers of connections up to `most`, from which a line can be drawn.
  package static func counts(upTo most: Int) -> [Int] {
    Set([1, most / 4, most / 2, most].filter { $0 > 0 }).sorted()
  }

  /// The table and the line, and response times with what the null server took left out.
  package func summary(of outcome: LoadOutcome) -> String {
    var table = Table(head: ["null server, µs", "", "mean", "p50", "p99", "replies/s"])
    for point in points {
      table.add(
        ["\(point.connections) connections", ""]
          + [point.mean, point.p50, point.p99].map { ($0 / 1000).rounded(toDigits: 3) }
          + [point.rate.rounded(toPlaces: 0)])
    }
    var text = "\n" + table.text
    if let remark = remark(on: outcome) { text += "\(remark)\n" }
    text +=
      "by itself: \((fixed / 1000).rounded(toPlaces: 1)) µs and \(perConnection.rounded(toPlaces: 0)) ns a connection\n"
    guard let corrected = corrected(outcome) else { return text }
    let values = [corrected.mean, corrected.p50, corrected.p99]
    let written = values.map { ($0 / 1000).rounded(toPlaces: 1) }
    return text
      + "response without that: mean \(written[0]), p50 \(written[1]), p99 \(written[2]) µs (percentiles do not subtract exactly)\n"
  }

  /// What it does not hold of a load's times.
  package func remark(on outcome: LoadOutcome) -> String? {
    guard outcome.phases.tls.totalCount > 0 else { return nil }
    return "The null server speaks no TLS: what that takes at both ends counts as the server's."
  }

  /// What the server added at the number of connections of `outcome`, never less than nothing; nil where that was
  /// not calibrated.
  package func corrected(_ outcome: LoadOutcome) -> Point? {
    guard let null = points.first(where: { $0.connections == outcome.plan.connections }) else {
      return nil
    }
    var point = Point(outcome)
    point.mean = max(0, point.mean - null.mean)
    point.p50 = max(0, point.p50 - null.p50)
    point.p99 = max(0, point.p99 - null.p99)
    return point
  }
}

extension Calibration.Point {
  fileprivate init(_ outcome: LoadOutcome) {
    let times = outcome.tally.response
    connections = outcome.plan.connections
    rate = outcome.rate
    mean = times.mean
    p50 = Double(times.valueAtPercentile(50))
    p99 = Double(times.valueAtPercentile(99))
  }
}
