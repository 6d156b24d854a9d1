// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization

/// The subscriptions of this process' connections.
final class LocalHub: SubscriptionHub {
  private struct Entry {
    var subscription: LiveSubscription
    let connection: ConnectionReference
    let conversation: Conversation
  }

  private struct State {
    var entries: [QueueKey: [Entry]] = [:]
    /// Those of the keys above that are patterns, by project.
    var patterns: [String: [QueueKey]] = [:]
    /// The keys above by subscriber.
    var keys: [String: Set<QueueKey>] = [:]
  }

  private let state = Mutex(State())
  /// Subscriptions there are: most posts find none and need not look.
  private let count = Atomic(0)
  private let now: @Sendable () -> Milliseconds

  init(now: @escaping @Sendable () -> Milliseconds) {
    self.now = now
  }

  func subscribe(
    _ subscription: LiveSubscription, _ connection: ConnectionReference,
    _ conversation: Conversation
  ) {
    let entry = Entry(
      subscription: subscription, connection: connection, conversation: conversation)
    let key = subscription.queue
    state.withLock { state in
      remove(from: key, &state) { $0.subscriber == subscription.subscriber }
      if subscription.isPattern && state.entries[key] == nil {
        state.patterns[key.project, default: []].append(key)
      }
      state.entries[key, default: []].append(entry)
      state.keys[subscription.subscriber, default: []].insert(key)
      count.add(1, ordering: .relaxed)
    }
  }

  func has(_ subscription: LiveSubscription) -> Bool {
    let now = now()
    return state.withLock {
      $0.entries[subscription.queue]?.contains { entry in
        entry.subscription.subscriber == subscription.subscriber && entry.subscription.expires > now
      } ?? false
    }
  }

  func update(
    _ id: Identifier, of queue: QueueKey, expires: Milliseconds?, options: SubscriptionOptions?
  ) -> Bool {
    state.withLock { state in
      guard let index = state.entries[queue]?.firstIndex(where: { $0.subscription.id == id }) else {
        return false
      }
      if let expires { state.entries[queue]![index].subscription.expires = expires }
      if let options { state.entries[queue]![index].subscription.options = options }
      return true
    }
  }

  func unsubscribe(_ id: Identifier, from queue: QueueKey) {
    state.withLock { remove(from: queue, &$0) { $0.id == id } }
  }

  func unsubscribeAll(from queue: QueueKey) {
    state.withLock { remove(from: queue, &$0) { _ in true } }
  }

  func forget(_ subscriber: String) {
    state.withLock { state in
      for key in state.keys[subscriber] ?? [] {
        remove(from: key, &state) { $0.subscriber == subscriber }
      }
    }
  }

  private func remove(
    from key: QueueKey, _ state: inout State, _ isUnwanted: (LiveSubscription) -> Bool
  ) {
    guard var entries = state.entries.removeValue(forKey: key) else { return }
    for entry in entries where isUnwanted(entry.subscription) {
      let subscriber = entry.subscription.subscriber
      state.keys[subscriber]?.remove(key)
      if state.keys[subscriber]?.isEmpty ?? false { state.keys[subscriber] = nil }
      count.subtract(1, ordering: .relaxed)
    }
    entries.removeAll { isUnwanted($0.subscription) }
    if !entries.isEmpty {
      state.entries[key] = entries
    } else if let patterns = state.patterns[key.project] {
      let left = patterns.filter { $0 != key }
      state.patterns[key.project] = left.isEmpty ? nil : left
    }
  }

  // MARK: - Posts

  func posted(_ messages: [StoredMessage], to queue: QueueKey) {
    guard count.load(ordering: .relaxed) > 0 else { return }
    let entries = subscribers(of: queue)
    if entries.isEmpty { return }
    let notifications = messages.map { Notification($0, of: queue) }
    for (loop, entries) in Dictionary(grouping: entries, by: \.connection.home) {
      loop.perform { loop in
        for entry in entries {
          loop.with(entry.connection) { connection in
            let format = entry.subscription.format
            for notification in notifications {
              notification.encoded(format).withUnsafeBytes { bytes in
                entry.conversation.say(bytes, format.kind) {
                  entry.conversation.carryOut($0, on: connection)
                }
              }
            }
          }
        }
      }
    }
  }

  private func subscribers(of queue: QueueKey) -> [Entry] {
    let now = now()
    return state.withLock { state in
      var entries = state.entries[queue] ?? []
      for pattern in state.patterns[queue.project] ?? []
      where pattern.project.hasSameBytes(as: queue.project) && pattern.name.matches(queue.name) {
        entries += state.entries[pattern] ?? []
      }
      entries.removeAll { $0.subscription.expires <= now }
      return entries
    }
  }

  /// A post as it is told to subscribers, encoded when it is first needed so.
  private final class Notification: Sendable {
    private let value: Value
    private let encodings = Mutex<[WireFormat: [UInt8]]>([:])

    init(_ message: StoredMessage, of queue: QueueKey) {
      value = [
        "body": .packed(message.body), "ttl": .int(message.ttl),
        "queue_name": .string(queue.name), "Message_Type": "Notification",
      ]
    }

    func encoded(_ format: WireFormat) -> [UInt8] {
      encodings.withLock { encodings in
        if let bytes = encodings[format] { return bytes }
        let bytes = format.encode(value)
        encodings[format] = bytes
        return bytes
      }
    }
  }
}

extension String {
  /// Whether this pattern, in which a `*` stands for any characters or none, is that of `name`.
  func matches(_ name: String) -> Bool {
    let pattern = Array(utf8)
    let name = Array(name.utf8)
    var (at, place) = (0, 0)
    /// Behind the last star, and what it has taken so far.
    var star: (pattern: Int, place: Int)?
    while place < name.count {
      if at < pattern.count && pattern[at] == UInt8(ascii: "*") {
        at += 1
        star = (at, place)
      } else if at < pattern.count && pattern[at] == name[place] {
        at += 1
        place += 1
      } else if let last = star {
        star = (last.pattern, last.place + 1)
        (at, place) = (last.pattern, last.place + 1)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
