// SPDX-License-Identifier: Apache-2.0

extension PeaksOutcome {
  package var run: Run {
    var run = Run(plan.connections == 1 ? "1 connection" : "\(plan.connections) connections")
    run.load = Run.Load(
      url: plan.messages.url, pattern: "echo", connections: plan.connections, threads: 1, depth: 0,
      rate: nil,
      arrivals: "peaks", format: plan.messages.format.rawValue, size: plan.messages.size)
    run.figures = [
      "connections": Double(plan.connections), "peaks": Double(plan.peaks),
      "messagesPerPeak": Double(plan.height), "mostPending": Double(history.mostPending),
      "longestPeakSeconds": Double(lasting.max() ?? 0) / 1e9,
    ]
    run.threads = [.init(busy: usage.busy, starved: usage.starved)]
    run.times = ["response": response, "service": service, "lag": lag]
      .filter { $0.value.totalCount > 0 }.mapValues(Run.Times.init)
    run.series = history.series
    run.faults = faults
    return run
  }
}

/// Peaks for people: what spreading them over more connections does.
package struct PeaksTable {
  private var table = Table(
    head: ["connections", "", "most pending", "p50 ms", "p99 ms", "max ms", "service p99 ms"]
      + ["lag p99 ms", "longest peak ms"])

  package init() {}

  package mutating func add(_ outcome: PeaksOutcome) {
    let times = [
      outcome.response.valueAtPercentile(50), outcome.response.valueAtPercentile(99),
      outcome.response.max, outcome.service.valueAtPercentile(99),
      outcome.lag.valueAtPercentile(99), outcome.lasting.max() ?? 0,
    ]
    table.add(
      ["\(outcome.plan.connections)", "", "\(outcome.history.mostPending)"]
        + times.map { (Double($0) / 1e6).rounded(toPlaces: 3) })
  }

  package var text: String { table.text }
}
