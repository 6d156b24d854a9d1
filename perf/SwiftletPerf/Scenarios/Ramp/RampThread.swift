// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
internal import SwiftletCore
internal import SwiftletServer

/// Connections that send a message a second, each at its own phase, and whose number grows.
final class RampThread: PacedThread, @unchecked Sendable {
  private struct Due: Comparable {
    var time: UInt64
    var connection: PacedConnection

    static func < (one: Due, other: Due) -> Bool { one.time < other.time }
    static func == (one: Due, other: Due) -> Bool { one.time == other.time }
  }

  private static let period: UInt64 = 1_000_000_000

  private(set) var steps: [RampStep] = []
  private var due = Heap<Due>()
  private var random: SplitMix64
  private var isSending = true
  private var usageBefore = ThreadUsage()
  /// Connections that have their phase.
  private var phased = 0

  override init(_ messages: PacedMessages, index: Int) throws {
    random = SplitMix64(seed: messages.seed &+ UInt64(index))
    try super.init(messages, index: index)
  }

  /// Gives the connections that have been opened since their phases.
  func startNew(_ loop: borrowing LoopContext) {
    let now = monotonicNanoseconds()
    for connection in connections[phased...] {
      due.insert(
        Due(time: now + random.next() % Self.period, connection: connection))
    }
    phased = connections.count
    guard let first = due.min else { return }
    loop.setTimer(at: first.time) { [self] in sendWhatIsDue($0) }
  }

  /// Counts messages that are due from `start` on in a new step.
  func beginStep(_ connections: Int, at start: UInt64) {
    steps.append(RampStep(connections: connections))
    steps[steps.count - 1].start = start
    usageBefore = .now
  }

  func endStep(at end: UInt64) {
    steps[steps.count - 1].end = end
    steps[steps.count - 1].usage = [.now - usageBefore]
  }

  func stopSending() { isSending = false }

  private func sendWhatIsDue(_ loop: borrowing LoopContext) -> UInt64? {
    guard isSending else { return nil }
    while let first = due.min, first.time <= monotonicNanoseconds() {
      due.replaceMin(with: Due(time: first.time + Self.period, connection: first.connection))
      if let last = steps.indices.last, steps[last].holds(first.time) {
        steps[last].due += 1
        steps[last].lag.note(monotonicNanoseconds() - first.time)
      }
      send(on: first.connection, scheduled: first.time, loop)
    }
    return due.min?.time
  }

  override func answered(_ message: InFlight.Message, at now: UInt64) {
    // It may have been due in a step before.
    guard let step = steps.lastIndex(where: { $0.holds(message.scheduled) }) else { return }
    steps[step].response.note(now - message.scheduled)
  }
}
