// SPDX-License-Identifier: Apache-2.0

extension LoadOutcome {
  /// The outcome for people.
  package var summary: String {
    var text = "\(load)\n"
    text += "seed \(plan.seed), warm-up \(seconds(warmUp)) s"
    text += wasSteady ? "\n" : ", after which the rate was NOT steady\n"
    text += "\n\(rates) over \(seconds(elapsed)) s\n"
    text += table.text
    text += "fairness \(fairness.rounded(toPlaces: 3))"
    if plan.pattern != .push { text += ", Little's law \(littlesLaw.rounded(toPlaces: 3))" }
    text += ", client threads busy \(usage.map(\.busy.asPercent).joined(separator: ", "))\n"
    if tally.unsent > 0 { text += "\(tally.unsent) messages were due and never found room\n" }
    text +=
      tally.faults.isEmpty
      ? "every \(plan.pattern == .echo ? "reply" : "message") was right\n"
      : "WRONG: \(tally.faults.sentence)\n"
    if let complaint = tally.complaint { text += "\(complaint)\n" }
    return text + "\(Verdict(self).sentence)\n"
  }

  private var rates: String {
    let noun = plan.pattern == .echo ? "replies" : "messages"
    let rate = "\(rate.rounded(toPlaces: 0)) \(noun)/s"
    guard plan.pattern == .fanout else { return rate }
    return "\(deliveryRate.rounded(toPlaces: 0)) deliveries/s, of \(rate)"
  }

  private var load: String {
    let count = plan.connections * plan.threads
    var arrivals =
      switch plan.arrivals {
      case .closed: "\(plan.depth) in flight"
      case .open(let rate, let spacing):
        "\(rate.rounded(toPlaces: 0))/s at \(spacing) times, at most \(plan.depth) in flight"
      }
    switch plan.pattern {
    case .echo: arrivals += " on each"
    case .fanout: arrivals = "one sends to all others, \(arrivals)"
    case .push: arrivals = "the server is to send \(arrivals.prefix { $0 != " " })"
    }
    return "\(plan.url): \(count) connections, \(arrivals), \(plan.size) B \(plan.format)"
  }

  private var table: Table {
    Table(microsecondsOf: [
      ("connect", phases.connect), ("TLS", phases.tls), ("upgrade", phases.upgrade),
      (plan.pattern == .fanout ? "last delivery" : "response", tally.response),
      ("service", tally.service), ("delivery", tally.delivery), ("schedule lag", tally.lag),
      ("close", phases.close),
    ])
  }

  private func seconds(_ nanoseconds: UInt64) -> String {
    (Double(nanoseconds) / 1e9).rounded(toPlaces: 1)
  }

  private func seconds(_ duration: Duration) -> String {
    (duration / .seconds(1)).rounded(toPlaces: 1)
  }
}

extension Table {
  /// Histograms of nanoseconds, a row each; empty ones are left out.
  init(microsecondsOf rows: [(name: String, times: Latencies)]) {
    self.init(head: ["µs", "", "mean", "p50", "p90", "p99", "p99.9", "max", "count"])
    for (name, times) in rows where times.totalCount > 0 {
      let values =
        [times.mean]
        + [50, 90, 99, 99.9].map { Double(times.valueAtPercentile($0)) } + [Double(times.max)]
      add([name, ""] + values.map { ($0 / 1000).rounded(toDigits: 3) } + ["\(times.totalCount)"])
    }
  }
}

extension Faults {
  /// Those there were.
  package var sentence: String {
    let counts = [
      (lost, "lost"), (duplicated, "duplicated"), (reordered, "out of order"),
      (corrupted, "corrupted"), (closed, "connections closed"),
    ]
    return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
