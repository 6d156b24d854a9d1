// SPDX-License-Identifier: Apache-2.0

/// Who was the limit of a load: without it no figure says anything about a server.
package enum Verdict: Sendable, Hashable {
  /// The load generator was: it could not send or receive as fast as it should have.
  case clientSaturated(String)
  /// The server was: the load generator had time to spare.
  case serverLimited(String)
  /// Neither: what was scheduled was sent and answered.
  case asScheduled

  /// A thread that is busier than this may be late.
  private static let busyLimit = 0.9
  /// One that waited for its core for more of the time is late with everything, however little it used.
  private static let starvedLimit = 0.25
  /// Sending later than this after the schedule counts as late, in nanoseconds.
  private static let lagLimit: UInt64 = 1_000_000

  /// So many replies may be on their way as the measured time ends, beside one of a hundred.
  private static let fewMissing = 5

  /// Of threads that send whenever there is room.
  package init(closedLoopOf usage: [ThreadUsage]) {
    let busiest = usage.max { $0.busy + $0.starved < $1.busy + $1.starved }
    let (busy, starved) = (busiest?.busy ?? 0, busiest?.starved ?? 0)
    let percent = "\(busy.asPercent) of its core"
    if busy + starved > Self.busyLimit || starved > Self.starvedLimit {
      let waited = starved < 0.05 ? "" : " and waited for it \(starved.asPercent) of the time"
      self = .clientSaturated("its busiest thread used \(percent)\(waited)")
    } else {
      self = .serverLimited("the busiest client thread used \(percent) only")
    }
  }

  package init(_ outcome: LoadOutcome) {
    self.init(closedLoopOf: outcome.usage)
    guard case .serverLimited = self, let achieved = outcome.achieved else {
      return
    }
    let lag = outcome.tally.lag.valueAtPercentile(99)
    let missing = Int(outcome.due) - outcome.tally.received
    if lag > Self.lagLimit {
      let milliseconds = (Double(lag) / 1e6).rounded(toDigits: 3)
      self = .clientSaturated("it saw to 1 % of its messages \(milliseconds) ms late or later")
    } else if missing > Int(outcome.due) / 100 + Self.fewMissing {
      self = .serverLimited("it brought \(achieved.asPercent) of what was due")
    } else {
      self = .asScheduled
    }
  }

  package var sentence: String {
    switch self {
    case .clientSaturated(let reason): "client saturated: \(reason)"
    case .serverLimited(let reason): "the server was the limit: \(reason)"
    case .asScheduled: "as scheduled: neither client nor server was the limit"
    }
  }
}

extension LoadOutcome {
  /// Replies a second while it was measured.
  package var rate: Double {
    elapsed == 0 ? 0 : Double(tally.received) / (Double(elapsed) / 1e9)
  }

  /// Messages that were due while it was measured, in an open loop.
  var due: UInt64 {
    guard plan.pattern == .push, case .open(let rate, _) = plan.arrivals else {
      return tally.lag.totalCount
    }
    return UInt64(rate * Double(elapsed) / 1e9)
  }

  /// Replies over what was due, in an open loop.
  package var achieved: Double? {
    guard plan.arrivals != .closed else { return nil }
    return due == 0 ? 0 : Double(tally.received) / Double(due)
  }

  /// Deliveries to a topic's subscribers a second.
  package var deliveryRate: Double {
    elapsed == 0 ? 0 : Double(tally.delivery.totalCount) / (Double(elapsed) / 1e9)
  }

  /// Little's law: how many messages were under way over rate times mean time under way. 1 where all is
  /// well; anything else says that times or counts are wrong.
  package var littlesLaw: Double {
    let time = tally.service.totalCount > 0 ? tally.service : tally.response
    let predicted = rate * time.mean / 1e9
    return predicted == 0 ? 0 : meanInFlight / predicted
  }

  /// Jain's fairness index of the connections' replies: 1 when all got the same, 1/n when one got all.
  package var fairness: Double {
    let counts = tally.perConnection.map { Double($0) }
    let squares = counts.reduce(0) { $0 + $1 * $1 }
    let sum = counts.reduce(0, +)
    return squares == 0 ? 0 : sum * sum / (Double(counts.count) * squares)
  }
}
