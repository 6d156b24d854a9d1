// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

struct TopicMessage: Sendable {
  let kind: MessageKind
  let bytes: [UInt8]
  /// Who is not told of it.
  let publisher: UInt64
}

/// A topic while it has subscribers.
final class Topic: Sendable {
  let name: String
  /// Which subscribers and desks cannot follow.
  let brake = Brake<UInt64>()
  /// A desk a loop.
  private let desks = Locked<[TopicDesk]>([])

  init(_ name: String) { self.name = name }

  /// Has all subscribers told. All are told of a topic's messages in one order.
  func publish(_ message: TopicMessage) {
    desks.withLock { for desk in $0 { desk.add(message) } }
  }

  var isEmpty: Bool { desks.withLock { $0.isEmpty } }

  func desk(on loop: LoopReference) -> TopicDesk? {
    desks.withLock { $0.first { $0.loop == loop } }
  }

  func add(_ desk: TopicDesk) -> TopicDesk {
    desks.withLock { $0.append(desk) }
    return desk
  }

  func remove(_ desk: TopicDesk) {
    desks.withLock { $0.removeAll { $0 === desk } }
  }
}

/// The subscribers of a topic on one loop, and what they have to be told.
///
/// Messages that come while the loop is at something else are told together, subscriber by subscriber: one send
/// each, however many they are. When they become too many, publishers of other loops wait.
final class TopicDesk: @unchecked Sendable {
  private struct Pending {
    var messages: [TopicMessage] = []
    var byteCount = 0
  }

  /// Bytes of messages, beyond which publishers wait.
  private static let limit = 4 << 20

  let topic: Topic
  let loop: LoopReference
  /// How many subscribers hold it. Guarded by the lock of all topics.
  var members = 0
  private let id: UInt64
  private let pending = Locked(Pending())
  /// The loop's own.
  private var subscribers: [TopicSubscriber] = []

  init(_ id: UInt64, of topic: Topic, _ loop: LoopReference) {
    self.id = id
    self.topic = topic
    self.loop = loop
  }

  func add(_ message: TopicMessage) {
    let isFirst = pending.withLock { pending in
      let isFirst = pending.messages.isEmpty
      pending.messages.append(message)
      let before = pending.byteCount
      pending.byteCount += message.bytes.count
      if before <= Self.limit && pending.byteCount > Self.limit { topic.brake.pull(id) }
      return isFirst
    }
    if isFirst { loop.perform { self.tell(on: $0) } }
  }

  // MARK: - On the loop

  private func tell(on loop: borrowing LoopContext) {
    let pending = pending.withLock { pending in
      defer { pending = Pending() }
      return pending
    }
    if pending.byteCount > Self.limit { topic.brake.release(id) }
    for subscriber in subscribers {
      loop.with(subscriber.connection) { subscriber.tell(pending.messages, on: $0) }
    }
  }

  func add(_ subscriber: TopicSubscriber) {
    subscriber.place = subscribers.count
    subscribers.append(subscriber)
  }

  /// Their order means nothing: the last takes the place that becomes free.
  func remove(_ subscriber: TopicSubscriber) {
    let last = subscribers.removeLast()
    if last !== subscriber {
      subscribers[subscriber.place] = last
      last.place = subscriber.place
    }
  }
}
