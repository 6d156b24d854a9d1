// SPDX-License-Identifier: Apache-2.0

extension SubjectRuns {
  /// All rounds as one run.
  package var run: Run {
    var run = Run(subject.name, merging: turns.map(\.outcome))
    run.faults = faults
    return run
  }
}

extension Run {
  /// Rounds of one load, of which there is at least one, as one run.
  init(_ name: String, merging outcomes: [LoadOutcome]) {
    self.init(name, outcomes.dropFirst().reduce(outcomes[0]) { $0.merged(with: $1) })
    // Those of different rounds do not follow one another.
    seconds = []
  }
}

extension LoadOutcome {
  /// With another run of the same plan.
  fileprivate func merged(with other: LoadOutcome) -> LoadOutcome {
    var merged = self
    merged.phases += other.phases
    merged.tally += other.tally
    merged.tally.perConnection = zip(tally.perConnection, other.tally.perConnection).map(+)
    merged.usage = zip(usage, other.usage).map { $0 + $1 }
    merged.warmUp += other.warmUp
    merged.wasSteady = wasSteady && other.wasSteady
    merged.elapsed += other.elapsed
    merged.meanInFlight =
      (meanInFlight * Double(elapsed) + other.meanInFlight * Double(other.elapsed))
      / Double(merged.elapsed)
    return merged
  }
}

extension Judgement {
  /// The outcome for people. Times are of all rounds together, rates and CPU times the medians of the rounds.
  package func summary(of runs: [SubjectRuns]) -> String {
    let runs = runs.map(\.run)
    var table = Table(head: [
      "", "", "replies/s", "ratio [95 %]", "p50 µs", "p99 µs", "CPU ns/msg", "ratio [95 %]",
    ])
    for (entry, run) in zip(subjects, runs) {
      let times = run.times["response"]
      table.add([
        entry.name, entry.verdict ?? "", entry.median(of: .rate)?.rounded(toDigits: 3) ?? "-",
        entry.ratios[.rate]?.text ?? "", micros(times?.p50), micros(times?.p99),
        entry.median(of: .serverTime)?.rounded(toDigits: 3) ?? "-",
        entry.ratios[.serverTime]?.text ?? "",
      ])
    }
    let faulty = runs.compactMap { run in
      run.faults.flatMap { $0.isEmpty ? nil : "\(run.name): WRONG: \($0.sentence)\n" }
    }
    let count = subjects[0].rounds.count
    return table.text + "Ratios are to \(subjects[0].name), by \(count) rounds.\n"
      + remarks.map { "\($0)\n" }.joined()
      + (faulty.isEmpty ? "Every reply was right.\n" : faulty.joined())
  }

  private func micros(_ nanoseconds: UInt64?) -> String {
    nanoseconds.map { (Double($0) / 1000).rounded(toDigits: 3) } ?? "-"
  }
}

extension Judgement.Entry {
  func median(of quantity: Judgement.Quantity) -> Double? {
    let values = rounds.compactMap(quantity.value)
    return values.isEmpty ? nil : Spread(of: values).median
  }
}

extension Ratio {
  var text: String {
    "\(median.rounded(toDigits: 3)) [\(low.rounded(toDigits: 3)), \(high.rounded(toDigits: 3))]"
  }
}
