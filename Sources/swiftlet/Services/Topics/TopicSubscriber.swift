// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// A connection to a topic: publishes what it sends, and is told what others do.
final class TopicSubscriber: MessageHandler {
  /// The longest that publishers wait for one subscriber.
  private static let longestBlock = Duration.seconds(10)

  private let topics: Topics
  private let name: String
  private let id: UInt64
  /// From `opened` on.
  private var desk: TopicDesk!
  private(set) var connection: ConnectionReference!
  /// Where it is among the desk's.
  var place = 0
  private var waiting: OutboundQueue<TopicMessage>
  /// Publishers wait for it, at most until then.
  private var blocksUntil: ContinuousClock.Instant?
  /// It was too slow: its close frame is on its way.
  private var isGivenUp = false

  init(of name: String, _ topics: Topics) {
    self.name = name
    self.topics = topics
    id = topics.newID()
    waiting = OutboundQueue(limit: topics.queueLimit)
  }

  override func opened(_ connection: borrowing Connection) {
    self.connection = connection.reference
    desk = topics.join(name, on: connection.reference.home)
    desk.add(self)
  }

  override func closed(_ connection: borrowing Connection, code: CloseCode) {
    dropAll()
    desk.remove(self)
    topics.leave(desk)
  }

  override var isBusy: Bool { !waiting.isEmpty }

  // MARK: - Publishing

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    topics.counts.published.add(1, ordering: .relaxed)
    let topic = desk.topic
    topic.publish(
      TopicMessage(kind: kind, bytes: message.withUnsafeBytes { Array($0) }, publisher: id))
    guard topic.brake.isOn else { return }
    // Nobody waits for itself.
    let reference = connection.reference
    if topic.brake.holds(where: { $0 != id }, { reference.resumeReading() }) {
      connection.pauseReading()
    }
  }

  // MARK: - Being told

  func tell(_ messages: [TopicMessage], on connection: borrowing Connection) {
    var delivered = 0
    for message in messages where message.publisher != id {
      if isGivenUp {
        topics.counts.dropped.add(1, ordering: .relaxed)
      } else if waiting.isEmpty && !connection.isBacklogged {
        connection.send(message.bytes.span.bytes, kind: message.kind)
        delivered += 1
      } else {
        waiting.append(message, size: message.bytes.count)
        if waiting.isOverLimit { slowDown(connection) }
      }
    }
    topics.counts.delivered.add(delivered, ordering: .relaxed)
  }

  override func drained(_ connection: borrowing Connection) {
    var delivered = 0
    while !connection.isBacklogged, let message = waiting.popFirst() {
      connection.send(message.bytes.span.bytes, kind: message.kind)
      delivered += 1
    }
    topics.counts.delivered.add(delivered, ordering: .relaxed)
    if waiting.byteCount <= waiting.limit / 2 { unblock() }
  }

  // MARK: - Being slow

  /// More waits than may.
  private func slowDown(_ connection: borrowing Connection) {
    switch topics.policy {
    case .close: giveUp(connection)
    case .dropOldest:
      topics.counts.dropped.add(waiting.dropOldest(), ordering: .relaxed)
    case .block:
      // Publishers that cannot be held back may be many.
      if waiting.byteCount > 8 * waiting.limit {
        giveUp(connection)
      } else if blocksUntil == nil {
        blocksUntil = .now + Self.longestBlock
        connection.wake(after: Self.longestBlock)
        topics.counts.blocks.add(1, ordering: .relaxed)
        desk.topic.brake.pull(id)
      }
    }
  }

  override func woken(_ connection: borrowing Connection) {
    guard let blocksUntil else { return }
    let left = blocksUntil - .now
    if left > .zero { connection.wake(after: left) } else { giveUp(connection) }
  }

  private func giveUp(_ connection: borrowing Connection) {
    isGivenUp = true
    dropAll()
    topics.counts.closed.add(1, ordering: .relaxed)
    connection.close(.tryAgainLater, reason: "Messages are not read as fast as they come.")
  }

  private func dropAll() {
    var dropped = 0
    while waiting.popFirst() != nil { dropped += 1 }
    topics.counts.dropped.add(dropped, ordering: .relaxed)
    unblock()
  }

  private func unblock() {
    guard blocksUntil != nil else { return }
    blocksUntil = nil
    desk.topic.brake.release(id)
  }
}
