// SPDX-License-Identifier: Apache-2.0

/// More and more connections, each of which sends a message a second.
package struct RampPlan: Sendable {
  package var messages: PacedMessages
  /// Connections added at a time.
  package var step: Int
  /// From one addition to the next.
  package var every: Duration
  package var upTo: Int
  /// Client threads that share the connections.
  package var threads: Int
  /// What is still to come is waited for as long at the end, and then lost.
  package var patience: Duration

  package init(
    messages: PacedMessages, step: Int, every: Duration, upTo: Int, threads: Int,
    patience: Duration
  ) {
    self.messages = messages
    self.step = step
    self.every = every
    self.upTo = upTo
    self.threads = threads
    self.patience = patience
  }

  /// How many connections there are after each addition.
  var counts: [Int] {
    Array(stride(from: step, to: upTo, by: step)) + [upTo]
  }
}

/// What came of the messages that were due while there were so many connections. The time in which they
/// were opened is left out, and the second after it.
package struct RampStep: Sendable {
  package var connections: Int
  package var response = Latencies(numberOfSignificantValueDigits: .three)
  /// From when a message was due to when the client saw to it.
  package var lag = Latencies(numberOfSignificantValueDigits: .three)
  package var due = 0
  /// One entry a thread.
  package var usage: [ThreadUsage] = []
  /// Nanoseconds on the monotonic clock: which messages count.
  var start = UInt64.max
  var end = UInt64.max

  package var answered: Int { Int(response.totalCount) }
  package var lost: Int { due - answered }
  package var elapsed: UInt64 { end - start }

  func holds(_ scheduled: UInt64) -> Bool { scheduled >= start && scheduled < end }

  static func += (one: inout RampStep, other: RampStep) {
    one.response.add(other.response)
    one.lag.add(other.lag)
    one.due += other.due
    one.usage += other.usage
  }
}

package struct RampOutcome: Sendable {
  package var plan: RampPlan
  package var steps: [RampStep]
  package var faults: Faults
  package var phases = ConnectionPhases()
  /// Why connections could not be opened, where some could not: the ramp ends there.
  package var failure: String?
}
