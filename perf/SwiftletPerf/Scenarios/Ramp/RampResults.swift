// SPDX-License-Identifier: Apache-2.0

extension RampOutcome {
  /// A run a step.
  package var runs: [Run] {
    steps.indices.map { index in
      let step = steps[index]
      let threads = plan.threads == 1 ? "" : ", \(plan.threads) threads"
      var run = Run("\(step.connections) connections\(threads)")
      run.load = Run.Load(
        url: plan.messages.url, pattern: "echo", connections: step.connections / plan.threads,
        threads: plan.threads, depth: 0, rate: Double(step.connections), arrivals: "constant",
        format: plan.messages.format.rawValue, size: plan.messages.size)
      run.figures = [
        "connections": Double(step.connections), "threads": Double(plan.threads),
        "rate": Double(step.answered) / (Double(step.elapsed) / 1e9),
        "measuredSeconds": Double(step.elapsed) / 1e9,
        "achieved": step.due == 0 ? 0 : Double(step.answered) / Double(step.due),
      ]
      run.threads = step.usage.map { .init(busy: $0.busy, starved: $0.starved) }
      run.times = ["response": step.response, "lag": step.lag]
        .filter { $0.value.totalCount > 0 }.mapValues(Run.Times.init)
      run.faults = Faults(lost: step.lost)
      if index == steps.count - 1 {
        // Of the whole ramp, but for what was lost in other steps: the rest is not known to belong to one.
        var faults = faults
        faults.lost -= steps.dropLast().reduce(0) { $0 + $1.lost }
        run.faults = faults
        for (name, times) in phases.times where times.totalCount > 0 {
          run.times[name] = Run.Times(times)
        }
        if let failure { run.remarks.append("The ramp ended here: \(failure).") }
      }
      return run
    }
  }
}

/// Ramps for people: latency against the number of connections, beside what the client had to do itself.
package struct RampTable {
  private var table = Table(
    head: ["threads", "", "connections", "answers/s", "p50 ms", "p90 ms", "p99 ms", "max ms"]
      + ["lag p99 ms", "client busy"])

  package init() {}

  package mutating func add(_ outcome: RampOutcome) {
    for step in outcome.steps {
      let times = [
        step.response.valueAtPercentile(50), step.response.valueAtPercentile(90),
        step.response.valueAtPercentile(99), step.response.max, step.lag.valueAtPercentile(99),
      ]
      table.add(
        [
          "\(outcome.plan.threads)", "", "\(step.connections)",
          (Double(step.answered) / (Double(step.elapsed) / 1e9)).rounded(toPlaces: 0),
        ] + times.map { (Double($0) / 1e6).rounded(toPlaces: 3) }
          + [step.usage.map(\.busy.asPercent).joined(separator: ", ")])
    }
  }

  package var text: String { table.text }
}
