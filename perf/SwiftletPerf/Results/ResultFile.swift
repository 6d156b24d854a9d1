// SPDX-License-Identifier: Apache-2.0

internal import Histogram

/// What a result file holds: all that is needed to judge a run and to do it again. docs/measuring.md
/// describes it; `schema` rises when a reader of the last one would be misled.
struct ResultFile: Encodable {
  let schema = 1
  let command: [String]
  let machine: Machine
  let load: Load
  let warmUpSeconds: Double
  let wasSteady: Bool
  let measuredSeconds: Double
  let rate: Double
  /// Of an open loop: replies over what was offered.
  let achieved: Double?
  let verdict: String
  let faults: Faults
  let unsent: Int
  let late: Int
  let fairness: Double
  let littlesLaw: Double
  let threads: [Thread]
  /// By name: connect, upgrade, response, service, lag. Nanoseconds.
  let times: [String: Times]
  let seconds: [Second]

  struct Load: Encodable {
    let url: String
    let connections: Int
    let threads: Int
    let depth: Int
    let rate: Double?
    let arrivals: String
    let kind: String
    let size: Int
    let seed: String
  }

  struct Thread: Encodable {
    let busy: Double
    let starved: Double
  }

  struct Times: Encodable {
    let count: UInt64
    let mean: Double
    let min: UInt64
    let p50: UInt64
    let p90: UInt64
    let p99: UInt64
    let p999: UInt64
    let p9999: UInt64
    let max: UInt64
    /// V2 compressed, base64.
    let hdr: String

    init(_ times: Latencies) {
      count = times.totalCount
      mean = times.mean
      min = times.min
      p50 = times.valueAtPercentile(50)
      p90 = times.valueAtPercentile(90)
      p99 = times.valueAtPercentile(99)
      p999 = times.valueAtPercentile(99.9)
      p9999 = times.valueAtPercentile(99.99)
      max = times.max
      hdr = times.encoded
    }
  }

  struct Second: Encodable {
    let sent: Int
    let received: Int
    let p50: UInt64
    let p99: UInt64
    let max: UInt64
  }

  init(_ outcome: LoadOutcome, command: [String]) {
    let plan = outcome.plan
    let tally = outcome.tally
    self.command = command
    machine = .current
    var rate: Double?
    var arrivals = "closed"
    if case .open(let offered, let spacing) = plan.arrivals {
      rate = offered
      arrivals = spacing.rawValue
    }
    load = Load(
      url: plan.url, connections: plan.connections, threads: plan.threads, depth: plan.depth,
      rate: rate, arrivals: arrivals, kind: plan.kind == .text ? "text" : "binary",
      size: plan.size, seed: String(plan.seed))
    warmUpSeconds = outcome.warmUp / .seconds(1)
    wasSteady = outcome.wasSteady
    measuredSeconds = Double(outcome.elapsed) / 1e9
    self.rate = outcome.rate
    achieved = rate.map { outcome.rate / $0 }
    verdict = Verdict(outcome).sentence
    faults = tally.faults
    unsent = tally.unsent
    late = tally.late
    fairness = outcome.fairness
    littlesLaw = outcome.littlesLaw
    threads = outcome.usage.map { Thread(busy: $0.busy, starved: $0.starved) }
    times = outcome.times.filter { $0.value.totalCount > 0 }.mapValues(Times.init)
    seconds = tally.intervals.map { interval in
      Second(
        sent: interval.sent, received: interval.received,
        p50: interval.response.valueAtPercentile(50), p99: interval.response.valueAtPercentile(99),
        max: interval.response.max)
    }
  }
}

extension LoadOutcome {
  /// All histograms by the names that results and expectations use.
  var times: [String: Latencies] {
    [
      "connect": phases.connect, "upgrade": phases.upgrade, "response": tally.response,
      "service": tally.service.totalCount > 0 ? tally.service : tally.response, "lag": tally.lag,
    ]
  }

  /// The whole as JSON.
  package func json(command: [String]) throws -> String {
    try ResultFile(self, command: command).jsonText
  }
}
