// SPDX-License-Identifier: Apache-2.0

extension LoadPlan {
  /// The same load from several client processes, which share the connections and the rate. What they saw is
  /// merged as if one had seen it.
  package func run(
    processes: Int, _ watch: (LoadProgress) -> Void = { _ in }
  ) async throws -> LoadOutcome {
    let plans = shares(processes)
    let group = try ShareGroup(plans.map(LoadShare.init))
    let parts = try await group.run(watch) { _ in }
    var merged = LoadOutcome(plan: self)
    merged.wasSteady = true
    var rate = 0.0
    for (plan, part) in zip(plans, parts) {
      let part = part.outcome(of: plan)
      rate += part.rate
      merged += part
    }
    // They do not measure for exactly as long: so that their rates add up.
    merged.elapsed = rate == 0 ? merged.elapsed : UInt64(Double(merged.tally.received) / rate * 1e9)
    return merged
  }

  /// - Precondition: `connections` is at least `processes`.
  private func shares(_ processes: Int) -> [LoadPlan] {
    (0..<processes).map { index in
      var plan = self
      plan.connections =
        connections * (index + 1) / processes - connections * index / processes
      if case .open(let rate, let spacing) = arrivals {
        plan.arrivals = .open(rate: rate / Double(processes), spacing)
      }
      // So that no message passes for another process's.
      plan.seed = seed &+ UInt64(index) << 32
      return plan
    }
  }
}

extension LoadOutcome {
  fileprivate static func += (one: inout LoadOutcome, other: LoadOutcome) {
    one.phases += other.phases
    one.tally += other.tally
    one.usage += other.usage
    one.elapsed = max(one.elapsed, other.elapsed)
    one.warmUp = max(one.warmUp, other.warmUp)
    one.wasSteady = one.wasSteady && other.wasSteady
    one.meanInFlight += other.meanInFlight
  }
}

/// Loads from different numbers of processes, for people.
package struct InstancesTable {
  private var table = Table(
    head: ["processes", "", "replies/s", "p50 µs", "p99 µs", "max µs", "client threads busy"])

  package init() {}

  package mutating func add(_ outcome: LoadOutcome, processes: Int) {
    let times = outcome.tally.response
    table.add(
      ["\(processes)", "", outcome.rate.rounded(toPlaces: 0)]
        + [times.valueAtPercentile(50), times.valueAtPercentile(99), times.max]
        .map { (Double($0) / 1000).rounded(toDigits: 3) }
        + [outcome.usage.map(\.busy.asPercent).joined(separator: ", ")])
  }

  package var text: String { table.text }
}
