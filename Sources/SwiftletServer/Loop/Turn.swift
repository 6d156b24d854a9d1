// SPDX-License-Identifier: Apache-2.0

import SwiftletCore

/// One read may hold thousands of requests or messages, and each may be much work: a connection has so
/// much time, then what is left of its input waits until the loop has been at all others.
extension Loop {
  /// Nanoseconds.
  private static let turn: UInt64 = 2_000_000
  /// The clock is looked at once in so many events.
  static let eventsPerLook = 32

  func yieldIfOvertime(_ slot: Slot) {
    let now = monotonicNanoseconds()
    if state.pointee.turnBegan == 0 {
      state.pointee.turnBegan = now
    } else if now - state.pointee.turnBegan > Loop.turn {
      slot.pointee.flags.insert(.yielded)
      queue(slot)
    }
  }
}
