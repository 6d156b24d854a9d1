// SPDX-License-Identifier: Apache-2.0

/// One run of a scenario: a load, or a part of one that is looked at by itself.
package struct Run: Codable, Sendable {
  /// What tells it from the other runs, such as "long, serial, wait" or "4 connections".
  package var name: String
  /// Where it was a load on one server.
  package var load: Load?
  /// Named as in docs/measuring.md, with the unit where it has one: rate (replies a second), achieved (of what
  /// was offered), measuredSeconds, fairness ...
  package var figures: [String: Double] = [:]
  /// What a reader must know of it, in sentences.
  package var remarks: [String] = []
  /// Who was the limit.
  package var verdict: String?
  package var faults: Faults?
  package var threads: [ThreadShare] = []
  /// By name: connect, tls, upgrade, response, late (the part of it that came after the measured time), service,
  /// delivery, lag, close ...
  package var times: [String: Times] = [:]
  package var seconds: [Second] = []
  package var series: [Series] = []
  package var messages: [MessageTimes] = []

  package init(_ name: String) { self.name = name }

  package struct Load: Codable, Sendable {
    package var url: String
    /// echo, fanout, push or images.
    package var pattern: String
    package var connections: Int
    package var threads: Int
    /// Messages in flight on each connection at most; 0 for any number.
    package var depth: Int
    /// Messages a second, of an open loop.
    package var rate: Double?
    /// closed, constant, poisson, or peaks: all at once.
    package var arrivals: String
    /// binary, text, json or msgpack.
    package var format: String
    /// Bytes.
    package var size: Int
  }

  /// Shares of a core.
  package struct ThreadShare: Codable, Sendable {
    package var busy: Double
    package var starved: Double
  }

  /// A histogram, in nanoseconds.
  package struct Times: Codable, Sendable {
    package var count: UInt64
    package var mean: Double
    package var min: UInt64
    package var p50: UInt64
    package var p90: UInt64
    package var p99: UInt64
    package var p999: UInt64
    package var p9999: UInt64
    package var max: UInt64
    /// HdrHistogram V2, compressed, base64.
    package var hdr: String

    package init(_ times: Latencies) {
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

  /// One second of the measured time; percentiles in nanoseconds.
  package struct Second: Codable, Sendable {
    package var sent: Int
    package var received: Int
    package var p50: UInt64
    package var p99: UInt64
    package var max: UInt64
    /// Response times, as in ``Times/hdr``.
    package var hdr: String?
  }

  /// A quantity over time.
  package struct Series: Codable, Sendable {
    package var name: String
    package var unit: String
    /// Pairs: seconds since the run's begin, value.
    package var points: [[Double]]

    package init(name: String, unit: String, points: [[Double]] = []) {
      self.name = name
      self.unit = unit
      self.points = points
    }
  }

  /// One message, all in seconds: when it was begun since the run's begin, how long sending took, how long
  /// from sent to the reply, and both together.
  package struct MessageTimes: Codable, Sendable {
    package var idx: Int
    package var time: Double
    package var send: Double
    package var recv: Double
    package var total: Double

    package init(idx: Int, time: Double, send: Double, recv: Double, total: Double) {
      self.idx = idx
      self.time = time
      self.send = send
      self.recv = recv
      self.total = total
    }
  }
}

extension Run {
  package init(_ name: String, _ outcome: LoadOutcome) {
    self.init(name)
    let plan = outcome.plan
    let tally = outcome.tally
    load = Load(plan)
    figures = [
      "rate": outcome.rate, "measuredSeconds": Double(outcome.elapsed) / 1e9,
      "warmUpSeconds": outcome.warmUp / .seconds(1), "unsent": Double(tally.unsent),
      "late": Double(tally.late), "fairness": outcome.fairness,
    ]
    if plan.pattern != .push { figures["littlesLaw"] = outcome.littlesLaw }
    if plan.pattern == .fanout { figures["deliveries"] = outcome.deliveryRate }
    if let achieved = outcome.achieved { figures["achieved"] = achieved }
    if !outcome.wasSteady { remarks.append("The rate was not steady after the warm-up.") }
    if let complaint = tally.complaint { remarks.append("Wrong was: \(complaint).") }
    verdict = Verdict(outcome).sentence
    faults = tally.faults
    threads = outcome.usage.map { ThreadShare(busy: $0.busy, starved: $0.starved) }
    times = outcome.times.filter { $0.value.totalCount > 0 }.mapValues(Times.init)
    seconds = tally.intervals.map { interval in
      Second(
        sent: interval.sent, received: interval.received,
        p50: interval.response.valueAtPercentile(50), p99: interval.response.valueAtPercentile(99),
        max: interval.response.max,
        hdr: interval.response.totalCount > 0 ? interval.response.encoded : nil)
    }
  }
}

extension Run.Load {
  init(_ plan: LoadPlan) {
    url = plan.url
    pattern = plan.pattern.rawValue
    connections = plan.connections
    threads = plan.threads
    depth = plan.depth
    switch plan.arrivals {
    case .closed: arrivals = "closed"
    case .open(let offered, let spacing):
      rate = offered
      arrivals = spacing.rawValue
    }
    format = plan.format.rawValue
    size = plan.size
  }
}

extension LoadOutcome {
  /// All histograms by the names that results and expectations use.
  var times: [String: Latencies] {
    let ofMessages = [
      "response": tally.response, "late": tally.lateResponse, "delivery": tally.delivery,
      "lag": tally.lag,
      "service": tally.service.totalCount > 0 ? tally.service : tally.response,
    ]
    return phases.times.merging(ofMessages) { one, _ in one }
  }
}
