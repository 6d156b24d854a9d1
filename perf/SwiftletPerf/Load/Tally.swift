// SPDX-License-Identifier: Apache-2.0

package import Histogram

/// Nanoseconds, three digits, up to an hour.
package typealias Latencies = Histogram<UInt64>

extension Latencies {
  package init() {
    self.init(highestTrackableValue: 3_600_000_000_000, numberOfSignificantValueDigits: .three)
  }

  /// Longer ones count as the longest that can be kept, since none may be left out.
  @inline(__always)
  mutating func note(_ nanoseconds: UInt64) {
    if !record(nanoseconds) { _ = record(highestTrackableValue) }
  }
}

/// What replies were not as they must be.
package struct Faults: Sendable, Hashable, Codable {
  package var lost = 0
  package var duplicated = 0
  /// Came after the reply to a later message.
  package var reordered = 0
  /// Not what was sent, or sent to another connection.
  package var corrupted = 0
  /// Connections that ended before their time.
  package var closed = 0

  package var isEmpty: Bool { self == Faults() }

  package var sum: Int { lost + duplicated + reordered + corrupted + closed }

  package static func += (one: inout Faults, other: Faults) {
    one.lost += other.lost
    one.duplicated += other.duplicated
    one.reordered += other.reordered
    one.corrupted += other.corrupted
    one.closed += other.closed
  }
}

/// What one second brought.
package struct Interval: Sendable {
  package var sent = 0
  package var received = 0
  /// Grows with what it holds: there are as many as there are seconds.
  package var response = Latencies(numberOfSignificantValueDigits: .three)
}

/// What one thread counted while it was measured.
package struct Tally: Sendable {
  /// From when a message was due to its reply: that of all intervals, and of what came late.
  package var response = Latencies()
  /// The part of it that came after the measured time.
  package var lateResponse = Latencies()
  /// From when a message was sent to its reply.
  package var service = Latencies()
  /// From when a message was due to when the client saw to it: how late the client itself was.
  package var lag = Latencies()
  package var received = 0
  /// From when a topic's message was due to when it reached a subscriber, each of them.
  package var delivery = Latencies()
  package var faults = Faults()
  /// What was wrong with the first reply of which that can be told.
  package var complaint: String?
  /// Replies that came after the measured time, to messages that were sent within it or before.
  package var late = 0
  /// Messages that were due and found no room until the end.
  package var unsent = 0
  /// Replies of each connection.
  package var perConnection: [Int] = []
  /// The second that is under way.
  package var interval = Interval()
  package var intervals: [Interval] = []

  package static func += (one: inout Tally, other: Tally) {
    one.response.add(other.response)
    one.lateResponse.add(other.lateResponse)
    one.service.add(other.service)
    one.lag.add(other.lag)
    one.received += other.received
    one.delivery.add(other.delivery)
    one.faults += other.faults
    one.complaint = one.complaint ?? other.complaint
    one.late += other.late
    one.unsent += other.unsent
    one.perConnection += other.perConnection
    for (index, interval) in other.intervals.enumerated() {
      if index == one.intervals.count { one.intervals.append(Interval()) }
      one.intervals[index].sent += interval.sent
      one.intervals[index].received += interval.received
      one.intervals[index].response.add(interval.response)
    }
  }
}
