// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import Synchronization

/// `ws /push?rate=R&size=S`: the server sends R messages a second, whatever the client does. Those that a client
/// does not take in time are skipped, and the sequence goes on, so that it sees the gap.
func addPush(to routes: inout Routes, maxMessageSize: Int, _ metrics: Metrics) {
  let counts = Push.Counts()
  routes.webSocket("/push") { request throws(Refusal) in
    Push(try PushQuery(request, maxSize: maxMessageSize, isPoll: false), counts)
  }
  metrics.add(gauge: "push_connections", "Connections that are pushed to.") {
    counts.connections.load(ordering: .relaxed)
  }
  metrics.add(counter: "push_messages_total", "Messages pushed.") {
    counts.sent.load(ordering: .relaxed)
  }
  metrics.add(counter: "push_skipped_total", "Messages not pushed to clients that were slow.") {
    counts.skipped.load(ordering: .relaxed)
  }
}

final class Push: MessageHandler {
  final class Counts: Sendable {
    let connections = Atomic(0)
    let sent = Atomic(0)
    let skipped = Atomic(0)
  }

  /// Messages due within less than this are sent together.
  private static let shortestWait: UInt64 = 100_000

  private let rhythm: Rhythm
  private let counts: Counts
  private var message: PushMessage
  private var start: UInt64 = 0
  private var next: UInt64 = 0

  init(_ query: PushQuery, _ counts: Counts) {
    rhythm = Rhythm(rate: query.rate)
    message = PushMessage(size: query.size)
    self.counts = counts
  }

  override func opened(_ connection: borrowing Connection) {
    counts.connections.add(1, ordering: .relaxed)
    start = monotonicNanoseconds()
    let reference = connection.reference
    connection.setTimer(at: start) { [self] loop in
      let isOpen = loop.with(reference) { send($0) }
      return isOpen
        ? max(start + rhythm.due(next), monotonicNanoseconds() + Push.shortestWait) : nil
    }
  }

  override func closed(_ connection: borrowing Connection, code: CloseCode) {
    counts.connections.subtract(1, ordering: .relaxed)
  }

  /// Sends what is due, and skips what the client has no room for.
  private func send(_ connection: borrowing Connection) {
    let first = next
    let end = rhythm.latest(at: monotonicNanoseconds() - start) + 1
    while next < end && !connection.isBacklogged {
      message.set(sequence: next, time: start + rhythm.due(next))
      connection.send(message.bytes.span.bytes, kind: .binary)
      next += 1
    }
    counts.sent.add(Int(next - first), ordering: .relaxed)
    counts.skipped.add(Int(end - next), ordering: .relaxed)
    next = end
  }
}
