// SPDX-License-Identifier: Apache-2.0

/// Peaks of messages that are all due at once, spread over some connections.
package struct PeaksPlan: Sendable {
  package var messages: PacedMessages
  package var connections: Int
  package var peaks: Int
  /// Messages of a peak.
  package var height: Int
  /// From the begin of one peak to that of the next.
  package var every: Duration
  /// What is still to come is waited for as long at the end, and then lost.
  package var patience: Duration

  package init(
    messages: PacedMessages, connections: Int, peaks: Int, height: Int, every: Duration,
    patience: Duration
  ) {
    self.messages = messages
    self.connections = connections
    self.peaks = peaks
    self.height = height
    self.every = every
    self.patience = patience
  }
}

package struct PeaksOutcome: Sendable {
  package var plan: PeaksPlan
  /// From when a message was due, the begin of its peak, to its reply.
  package var response = Latencies()
  /// From when a message was sent to its reply.
  package var service = Latencies()
  /// From when a message was due to when the client sent it.
  package var lag = Latencies()
  /// From the begin of each peak to the last of its replies, in nanoseconds.
  package var lasting: [UInt64] = []
  package var history = PeakHistory()
  package var faults = Faults()
  package var usage = ThreadUsage()
}

/// Messages sent and answered over time.
package struct PeakHistory: Sendable {
  private struct Bin {
    var sent = 0
    var received = 0
  }

  /// Nanoseconds.
  private static let width: UInt64 = 100_000
  /// By time since the begin.
  private var bins: [UInt64: Bin] = [:]
  private var pending = 0
  /// The most messages without a reply at a time.
  private(set) var mostPending = 0

  mutating func noteSent(_ count: Int, at time: UInt64) {
    bins[time / Self.width, default: Bin()].sent += count
    pending += count
    mostPending = max(mostPending, pending)
  }

  mutating func noteReceived(at time: UInt64) {
    bins[time / Self.width, default: Bin()].received += 1
    pending -= 1
  }

  /// Messages sent until then and those without a reply: a point at the end of each tenth of a millisecond in
  /// which something happened, and one before where nothing had.
  var series: [Run.Series] {
    var sent = Run.Series(name: "sent", unit: "messages")
    var pending = Run.Series(name: "pending", unit: "messages")
    var totals = Bin()
    var previous: UInt64?
    func add(_ bin: UInt64) {
      let time = Double(bin * Self.width) / 1e9
      sent.points.append([time, Double(totals.sent)])
      pending.points.append([time, Double(totals.sent - totals.received)])
    }
    for (bin, counts) in bins.sorted(by: { $0.key < $1.key }) {
      if bin > 0, previous != bin - 1 { add(bin - 1) }
      totals.sent += counts.sent
      totals.received += counts.received
      add(bin)
      previous = bin
    }
    return [sent, pending]
  }
}
