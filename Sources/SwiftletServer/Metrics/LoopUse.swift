// SPDX-License-Identifier: Apache-2.0

import SwiftletCore

/// How a loop's thread spends its time, and what its connections wait for.
struct LoopUse: ~Copyable {
  /// Nanoseconds at work, not waiting for the kernel.
  let busy = Counter()
  /// When the turn in progress began, in nanoseconds on the monotonic clock; 0 while the loop waits.
  private let turnBegan = Counter()
  /// Of the turns since the last window ended, and of those in it, in nanoseconds.
  private let longestNow = Counter()
  private let longestBefore = Counter()
  /// What was queued for clients when connections were last looked at.
  let queuedBytes = Counter()
  /// Bytes of the buffers that held messages and replies then.
  let messageMemory = Counter()
  /// Connections that were not read then, since too much was queued or their handler asked.
  let paused = Counter()

  func began(at time: UInt64) { turnBegan.set(time) }

  func ended(at time: UInt64) {
    let spent = time &- turnBegan.current
    turnBegan.set(0)
    busy.add(spent)
    if spent > longestNow.current { longestNow.set(spent) }
  }

  /// Called about once a second.
  func endWindow() {
    longestBefore.set(longestNow.current)
    longestNow.set(0)
  }

  /// The longest that what arrived has waited for the loop in the last second or two, in nanoseconds; the turn in
  /// progress counts, so that a loop that hangs shows.
  var lag: UInt64 { max(longestBefore.current, longestNow.current, currentTurn) }

  /// How long the loop has been at its turn, in nanoseconds; 0 while it waits.
  var currentTurn: UInt64 {
    let began = turnBegan.current
    let now = monotonicNanoseconds()
    return began == 0 || now < began ? 0 : now - began
  }
}
