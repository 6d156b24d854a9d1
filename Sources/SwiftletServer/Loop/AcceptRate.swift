// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Synchronization

/// New connections a second: a token bucket that holds one second's worth, shared by all loops without
/// a lock, since all of it is one time.
final class AcceptRate: Sendable {
  private static let second: UInt64 = 1_000_000_000

  /// Nanoseconds in which one more connection is earned.
  private let interval: UInt64
  /// Up to when everything earned is spent; never more than a second ago counts.
  private let spentUntil = Atomic<UInt64>(0)

  init(perSecond rate: Int) {
    interval = max(1, AcceptRate.second / UInt64(rate))
  }

  var hasRoom: Bool { hasRoom(at: monotonicNanoseconds()) }
  func take() { take(at: monotonicNanoseconds()) }

  func hasRoom(at now: UInt64) -> Bool {
    next(spentUntil.load(ordering: .relaxed), now) <= now
  }

  func take(at now: UInt64) {
    var spent = spentUntil.load(ordering: .relaxed)
    while true {
      let (exchanged, original) = spentUntil.weakCompareExchange(
        expected: spent, desired: next(spent, now), ordering: .relaxed)
      if exchanged { return }
      spent = original
    }
  }

  private func next(_ spent: UInt64, _ now: UInt64) -> UInt64 {
    max(spent, now - min(now, AcceptRate.second)) + interval
  }
}
