// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore
internal import SwiftletServer

/// Connections over which peaks of messages are sent.
final class PeaksThread: PacedThread, @unchecked Sendable {
  /// So that replies are read between, a peak is sent by and by.
  private static let atOnce = 256

  private(set) var outcome: PeaksOutcome
  private let plan: PeaksPlan
  private var start: UInt64 = 0
  private var peak = 0
  /// Of the peak under way.
  private var sent = 0
  private var usageBefore = ThreadUsage()

  init(_ plan: PeaksPlan) throws {
    self.plan = plan
    outcome = PeaksOutcome(plan: plan)
    outcome.lasting = Array(repeating: 0, count: plan.peaks)
    try super.init(plan.messages, index: 0)
  }

  private var every: UInt64 { UInt64(plan.every / .nanoseconds(1)) }

  func begin(_ loop: borrowing LoopContext) {
    usageBefore = .now
    start = monotonicNanoseconds() + 1_000_000
    loop.setTimer(at: start) { [self] in sendWhatIsDue($0) }
  }

  private func sendWhatIsDue(_ loop: borrowing LoopContext) -> UInt64? {
    let due = start + UInt64(peak) * every
    var budget = Self.atOnce
    while budget > 0, sent < plan.height {
      // One connection's messages leave together.
      let turn = sent * plan.connections / plan.height
      let end = ((turn + 1) * plan.height + plan.connections - 1) / plan.connections
      let count = min(budget, min(end, plan.height) - sent)
      let now = monotonicNanoseconds()
      send(count, on: connections[turn], scheduled: due, loop)
      outcome.history.noteSent(count, at: now - start)
      for _ in 0..<count { outcome.lag.note(now - due) }
      sent += count
      budget -= count
    }
    if sent < plan.height { return due }
    peak += 1
    sent = 0
    return peak < plan.peaks ? due + every : nil
  }

  /// Whether all has been sent.
  var isSent: Bool { peak == plan.peaks }

  override func answered(_ message: InFlight.Message, at now: UInt64) {
    // A time is that of a whole read, which may have begun before.
    let now = max(now, message.sent)
    outcome.response.note(now - message.scheduled)
    outcome.service.note(now - message.sent)
    outcome.history.noteReceived(at: now - start)
    let peak = Int((message.scheduled - start) / every)
    outcome.lasting[peak] = max(outcome.lasting[peak], now - message.scheduled)
  }

  override func finish() {
    super.finish()
    outcome.faults = faults
    outcome.usage = .now - usageBefore
  }
}
