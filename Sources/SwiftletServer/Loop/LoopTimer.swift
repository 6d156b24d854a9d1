// SPDX-License-Identifier: Apache-2.0

import CPlatform
import HeapModule
import SwiftletCore

/// What a loop does at a certain time. Deadlines of connections are the sweep's.
struct LoopTimer: Comparable {
  /// Nanoseconds on the monotonic clock.
  let due: UInt64
  /// When it is due again; nil ends the timer.
  let fire: (borrowing LoopContext) -> UInt64?

  static func < (one: LoopTimer, other: LoopTimer) -> Bool { one.due < other.due }
  static func == (one: LoopTimer, other: LoopTimer) -> Bool { one.due == other.due }
}

extension LoopContext {
  /// Has `fire` called on the loop at a time, in nanoseconds on the monotonic clock, and again when it
  /// says, as exactly as the kernel's timers allow.
  package func setTimer(
    at due: UInt64, _ fire: @escaping (borrowing LoopContext) -> UInt64?
  ) {
    // Else the kernel gathers what is due within 50 µs.
    if loop.state.pointee.timers.isEmpty { platform_exact_timers() }
    loop.state.pointee.timers.insert(LoopTimer(due: due, fire: fire))
  }
}

extension Connection {
  /// The same on the connection's loop. The timer outlives the connection.
  package func setTimer(
    at due: UInt64, _ fire: @escaping (borrowing LoopContext) -> UInt64?
  ) {
    LoopContext(loop: loop).setTimer(at: due, fire)
  }
}

extension Exchange {
  /// The same on the connection's loop. The timer outlives the exchange.
  package func setTimer(
    at due: UInt64, _ fire: @escaping (borrowing LoopContext) -> UInt64?
  ) {
    LoopContext(loop: loop).setTimer(at: due, fire)
  }
}

extension LoopTimer {
  /// Nanoseconds until it is due.
  var remaining: Int64 {
    let now = monotonicNanoseconds()
    return due > now ? Int64(clamping: due - now) : 0
  }
}

extension Loop {
  /// Runs what is due by now. What becomes due meanwhile waits until connections have had their turn.
  func runTimers() {
    guard let first = state.pointee.timers.min else { return }
    let now = monotonicNanoseconds()
    guard first.due <= now else { return }
    let context = LoopContext(loop: self)
    while let timer = state.pointee.timers.min, timer.due <= now {
      state.pointee.timers.removeMin()
      if let due = timer.fire(context) {
        state.pointee.timers.insert(LoopTimer(due: max(due, now + 1), fire: timer.fire))
      }
    }
  }
}
