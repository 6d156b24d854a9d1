// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// A topic: the first connection sends, all others receive. A message counts as answered when it has reached the
/// last of them.
final class FanoutThread: LoadThread, @unchecked Sendable {
  /// By the number of the connection. Plain memory, as every delivery looks at it.
  private let receipts: UnsafeMutableBufferPointer<Receipts>

  /// - Precondition: The plan has one thread, and more than one connection.
  override init(_ plan: LoadPlan, index: Int) throws {
    precondition(plan.threads == 1 && plan.connections > 1)
    receipts = .allocate(capacity: plan.connections)
    receipts.initialize(repeating: Receipts(from: 0))
    try super.init(plan, index: index)
  }

  deinit {
    receipts.deinitialize()
    receipts.deallocate()
  }

  private var publisher: LoadConnection { connections[0] }

  override var senders: [LoadConnection] { [publisher] }

  override func answered(
    _ sequence: UInt64?, _ connection: LoadConnection, _ open: borrowing Connection
  ) {
    // A server may tell the publisher too.
    guard connection.number > 0 else { return }
    let inFlight = publisher.inFlight
    guard let sequence, sequence < inFlight.pointee.next else { return note { $0.corrupted += 1 } }
    switch receipts[Int(connection.number)].note(sequence) {
    case .new: break
    case .late: note { $0.reordered += 1 }
    case .duplicate: return note { $0.duplicated += 1 }
    }
    guard let delivery = inFlight.pointee.deliver(sequence) else { return }
    let now = open.arrival
    if counting.pointee.isMeasuring {
      connection.inFlight.pointee.answers += 1
      counting.pointee.tally.delivery.note(now - delivery.message.scheduled)
    }
    guard delivery.isLast, case .answers(let message) = inFlight.pointee.answer(sequence) else {
      return
    }
    count(message, inFlight, now)
    if state == .sending { sendNext() }
  }

  /// The publisher has room again.
  private func sendNext() {
    let publisher = publisher
    if isScheduled && waiting.isEmpty {
      if free.isEmpty { free.append(publisher) }
      return
    }
    // Another connection is at its turn.
    publisher.reference?.perform { [self] open in
      guard state == .sending else { return }
      while self.publisher.hasRoom {
        let now = monotonicNanoseconds()
        guard let scheduled = isScheduled ? waiting.popFirst() : now else {
          if free.isEmpty { free.append(self.publisher) }
          return
        }
        send(on: self.publisher, open, scheduled: scheduled, now: now)
      }
    }
  }
}
