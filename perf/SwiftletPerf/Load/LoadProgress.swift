// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore

/// What a load has reached, for who watches.
package struct LoadProgress: Sendable {
  package enum Phase: String, Sendable { case opening, warmingUp, measuring, finishing }
  /// Which of several loads it is.
  package var part: String?
  package var phase: Phase
  package var opened: Int
  package var received: Int
  package var sent = 0
  /// Of the phase, from 0 to 1; nil where nobody knows when it ends.
  package var share: Double?
  /// The second that has just ended, each of the measured ones once.
  package var second: LoadSecond?
}

/// What one second of a load brought.
package struct LoadSecond: Sendable {
  /// From 0.
  package var number: Int
  package var sent = 0
  package var received = 0
  package var response = Latencies(numberOfSignificantValueDigits: .three)
  /// Since the load began.
  package var faults = Faults()
  /// The share of its core that the busiest client thread used.
  package var busy = 0.0
}

extension LoadThread {
  /// What the second brought, which is over; and what the thread used of its core since it began.
  func second(_ number: Int) -> (second: LoadSecond, usage: ThreadUsage) {
    let now = monotonicNanoseconds()
    // Where no reply comes, no reply ends it.
    if now >= counting.pointee.intervalEnd { endInterval(now) }
    var second = LoadSecond(number: number, faults: counting.pointee.tally.faults)
    if number < counting.pointee.tally.intervals.count {
      let interval = counting.pointee.tally.intervals[number]
      second.sent = interval.sent
      second.received = interval.received
      second.response = interval.response
    }
    return (second, .now)
  }
}

extension LoadSecond {
  /// Another thread's part of the same second.
  static func += (one: inout LoadSecond, other: LoadSecond) {
    one.sent += other.sent
    one.received += other.received
    one.response.add(other.response)
    one.faults += other.faults
    one.busy = max(one.busy, other.busy)
  }
}
