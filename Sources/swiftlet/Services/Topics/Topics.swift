// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization

/// `ws /topics/NAME`: each message goes to all other subscribers of the topic, on all loops. Each subscriber
/// gets what one publisher sends in its order.
final class Topics: Sendable {
  /// Over all topics.
  struct Counts: ~Copyable, Sendable {
    let subscribers = Atomic(0)
    let published = Atomic(0)
    /// Handed to a subscriber's connection.
    let delivered = Atomic(0)
    /// Never sent to a subscriber that was slow, or left.
    let dropped = Atomic(0)
    /// Subscribers closed for being slow.
    let closed = Atomic(0)
    /// Times that publishers began to wait for a subscriber.
    let blocks = Atomic(0)
  }

  private static let prefix = "/topics/"

  let policy: SlowConsumerPolicy
  /// Bytes of messages that may wait for a subscriber beyond what its connection has queued.
  let queueLimit: Int
  let counts = Counts()
  private let topics = Locked<[String: Topic]>([:])
  private let lastID = Atomic<UInt64>(0)

  init(policy: SlowConsumerPolicy, queueLimit: Int) {
    self.policy = policy
    self.queueLimit = queueLimit
  }

  func register(in routes: inout Routes, compression: Compression, metrics: Metrics) {
    routes.webSocket(below: Topics.prefix, compression: compression) { request throws(Refusal) in
      TopicSubscriber(of: try Topics.name(request.path), self)
    }
    func add(counter name: String, _ help: String, _ count: @escaping @Sendable () -> Int) {
      metrics.add(counter: "topic_\(name)_total", help, count)
    }
    metrics.add(gauge: "topic_subscribers", "Subscribers of topics.") {
      self.counts.subscribers.load(ordering: .relaxed)
    }
    add(counter: "messages_published", "Messages sent to topics.") {
      self.counts.published.load(ordering: .relaxed)
    }
    add(counter: "messages_delivered", "Messages handed to subscribers' connections.") {
      self.counts.delivered.load(ordering: .relaxed)
    }
    add(counter: "messages_dropped", "Messages not sent to a subscriber that was slow or left.") {
      self.counts.dropped.load(ordering: .relaxed)
    }
    add(counter: "subscribers_closed", "Subscribers closed with 1013 for being slow.") {
      self.counts.closed.load(ordering: .relaxed)
    }
    add(counter: "blocks", "Times that publishers had to wait for a slow subscriber.") {
      self.counts.blocks.load(ordering: .relaxed)
    }
  }

  private static func name(_ path: String) throws(Refusal) -> String {
    let name = path.dropFirst(prefix.count)
    let isGood = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isGood, (1...64).contains(name.utf8.count) else {
      throw Refusal(
        .badRequest, "The name of a topic has 1 to 64 of the characters A-Z, a-z, 0-9, _, - and ..")
    }
    return String(name)
  }

  /// Names whatever a publisher may have to wait for.
  func newID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }

  /// The desk of a topic's subscribers on a loop, for one more of them.
  func join(_ name: String, on loop: LoopReference) -> TopicDesk {
    counts.subscribers.add(1, ordering: .relaxed)
    return topics.withLock { topics in
      let topic = topics[name] ?? Topic(name)
      topics[name] = topic
      let desk = topic.desk(on: loop) ?? topic.add(TopicDesk(newID(), of: topic, loop))
      desk.members += 1
      return desk
    }
  }

  /// One of the desk's subscribers is gone.
  func leave(_ desk: TopicDesk) {
    counts.subscribers.subtract(1, ordering: .relaxed)
    topics.withLock { topics in
      desk.members -= 1
      guard desk.members == 0 else { return }
      desk.topic.remove(desk)
      if desk.topic.isEmpty { topics[desk.topic.name] = nil }
    }
  }
}
