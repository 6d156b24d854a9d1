// SPDX-License-Identifier: Apache-2.0

/// The highest rate at which a server meets expectations.
package struct Capacity: Sendable {
  /// What became of one rate.
  package struct Step: Sendable {
    package let rate: Double
    package let outcome: LoadOutcome
    /// What was not met, in words; empty when all was well.
    package let complaints: [String]

    package var isWell: Bool { complaints.isEmpty }
  }

  package private(set) var steps: [Step] = []
  private var search: CapacitySearch
  private let plan: LoadPlan
  private let spacing: Arrivals.Spacing
  private let expectations: [Expectation]

  /// - Parameter plan: Its rate is the first to be tried.
  package init(
    _ plan: LoadPlan, from rate: Double, _ spacing: Arrivals.Spacing, upTo limit: Double,
    precision: Double, expectations: [Expectation]
  ) {
    self.plan = plan
    self.spacing = spacing
    self.expectations = expectations
    search = CapacitySearch(
      from: rate, within: min(1, rate)...max(limit, rate), precision: precision)
  }

  /// Tries the next rate; nil when the search is over.
  package mutating func step(_ watch: (LoadProgress) -> Void) async throws -> Step? {
    guard let rate = search.next else { return nil }
    var plan = plan
    plan.arrivals = .open(rate: rate, spacing)
    let outcome = try await plan.run(watch)
    let step = Step(rate: rate, outcome: outcome, complaints: complaints(outcome))
    search.note(isWell: step.isWell)
    steps.append(step)
    return step
  }

  private func complaints(_ outcome: LoadOutcome) -> [String] {
    var complaints = expectations.filter { !$0.isMet(by: outcome) }.map { "not \($0)" }
    switch Verdict(outcome) {
    case .clientSaturated: complaints.append("client saturated")
    case .serverLimited: complaints.append("behind the schedule")
    case .asScheduled: break
    }
    if !outcome.tally.faults.isEmpty { complaints.append(outcome.tally.faults.sentence) }
    return complaints
  }

  package var isFound: Bool { search.best != nil }

  /// What was found, as a sentence.
  package var finding: String {
    guard let best = search.best else { return "no rate was found at which all is well" }
    let rate = best.rounded(toPlaces: 0)
    if search.hasReachedTheLimit { return "\(rate)/s is the limit that was set: all is well there" }
    let above = steps.filter { !$0.isWell }.min { $0.rate < $1.rate }
    if case .clientSaturated? = above.map({ Verdict($0.outcome) }) {
      return
        "at least \(rate)/s: above that the client was the limit (more --threads, or another machine)"
    }
    return
      "\(rate)/s: at \(above?.rate.rounded(toPlaces: 0) ?? "")/s \(above?.complaints.joined(separator: ", ") ?? "")"
  }

  /// All steps, the lowest rate first.
  package var table: String {
    var table = Table(head: [
      "offered/s", "", "answered/s", "p50 µs", "p99 µs", "p99.9 µs", "max µs",
    ])
    for step in steps.sorted(by: { $0.rate < $1.rate }) {
      let times = step.outcome.tally.response
      let percentiles = [50, 99, 99.9, 100].map {
        (Double(times.valueAtPercentile($0)) / 1000).rounded(toDigits: 3)
      }
      table.add(
        [
          step.rate.rounded(toPlaces: 0), step.complaints.joined(separator: ", "),
          step.outcome.rate.rounded(toPlaces: 0),
        ] + percentiles)
    }
    return table.text
  }

  package var runs: [Run] {
    steps.sorted { $0.rate < $1.rate }.map { step in
      var run = Run("\(step.rate.rounded(toPlaces: 0))/s", step.outcome)
      run.remarks += step.complaints
      return run
    }
  }
}
