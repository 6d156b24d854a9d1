// SPDX-License-Identifier: Apache-2.0

import CPlatform
import SwiftletCore

/// What a loop does at a certain time. A loop has one: deadlines of connections are the sweep's.
struct LoopTimer {
  /// Nanoseconds on the monotonic clock.
  var due: UInt64
  /// When it is due again; nil ends the timer.
  let fire: (borrowing LoopContext) -> UInt64?
}

extension LoopContext {
  /// Has `fire` called on the loop at a time, in nanoseconds on the monotonic clock, and again when it
  /// says, as exactly as the kernel's timers allow. Replaces the timer there was.
  package func setTimer(
    at due: UInt64, _ fire: @escaping (borrowing LoopContext) -> UInt64?
  ) {
    // Else the kernel gathers what is due within 50 µs.
    platform_exact_timers()
    loop.state.pointee.timer = LoopTimer(due: due, fire: fire)
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
  func runTimer() {
    guard let timer = state.pointee.timer, timer.remaining == 0 else { return }
    let due = timer.fire(LoopContext(loop: self))
    // Unless it was replaced meanwhile.
    if state.pointee.timer?.due == timer.due {
      state.pointee.timer = due.map { LoopTimer(due: $0, fire: timer.fire) }
    }
  }
}
