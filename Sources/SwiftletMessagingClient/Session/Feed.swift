// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import SwiftletServer

/// What one ``MessagingClient/Subscription`` is told, over all connections.
final class Feed: Sendable {
  typealias Notification = MessagingClient.Notification
  typealias Stream = AsyncThrowingStream<Notification, any Error>

  /// A subscription of one connection to one queue or pattern.
  struct Created: Sendable {
    let id: String
    let queue: String
  }

  let names: [String]
  private let options: MessagingClient.SubscribeOptions
  private let notifications: Stream.Continuation
  private let state: Locked<State>

  private struct State {
    /// By queue the id of the last message told of, behind which the next connection goes on.
    var positions: [String: String]
    /// Notifications that have not been taken.
    var waiting = 0
    var isPaused = false
    var hasEnded = false
  }

  init(
    _ names: [String], _ options: MessagingClient.SubscribeOptions,
    from positions: [String: String],
    _ notifications: Stream.Continuation
  ) {
    self.names = names
    self.options = options
    state = Locked(State(positions: positions))
    self.notifications = notifications
  }

  /// Nobody reads it any more. Changed under the session's lock.
  var hasEnded: Bool {
    get { state.withLock { $0.hasEnded } }
    set { state.withLock { $0.hasEnded = newValue } }
  }

  /// Not subscribed until there is room. Changed under the session's lock.
  var isPaused: Bool {
    get { state.withLock { $0.isPaused } }
    set { state.withLock { $0.isPaused = newValue } }
  }

  /// Whether it is paused and there is room.
  var wantsMore: Bool {
    state.withLock { $0.isPaused && $0.waiting <= options.buffer / 2 }
  }

  /// It ends with its connection, and need not end before.
  private static let ttl: Int64 = 10 * 366 * 86400
  /// Of how many queues a server takes positions.
  private static let mostPositions = 64

  /// The body of `subscription_create`.
  var request: Value {
    var since = Value.Map()
    for (queue, message) in state.withLock({ $0.positions.prefix(Feed.mostPositions) }) {
      since.set(.string(queue), .string(message))
    }
    return fields([
      "queue_names": .strings(names), "ttl": .int(Feed.ttl),
      "options": options.acknowledges ? ["ids": true, "ack": true] : ["ids": true],
      "since": since.isEmpty ? nil : .map(since),
    ])
  }

  /// The subscriptions in the answer to the ``request``.
  func created(_ answer: Value) throws -> [Created] {
    try answer.array("subscriptions").map {
      Created(id: try $0.text("subscription_id"), queue: try $0.text("queue_name"))
    }
  }

  /// Whether it can go on behind what it has: of a pattern's queues not all are known.
  var canResume: Bool { !names.contains { $0.contains("*") } }

  /// Whether there is a subscription for each of the names.
  func isWhole(_ created: [Created]) -> Bool { Set(created.map(\.queue)).isSuperset(of: names) }

  /// Keeps a notification for who takes it. False when there is no room.
  func keep(_ notification: Notification) -> Bool {
    let hasRoom = state.withLock { state in
      if !options.acknowledges {
        guard state.waiting < options.buffer else { return false }
        state.positions[notification.queue] = notification.messageID
      }
      // What is claimed comes again by itself, and the server tells few at a time.
      state.waiting += 1
      return true
    }
    if hasRoom { notifications.yield(notification) }
    return hasRoom
  }

  /// A notification has been taken.
  func took() { state.withLock { $0.waiting -= 1 } }

  /// Ends the sequence behind what is buffered.
  func finish(_ error: (any Error)?) { notifications.finish(throwing: error) }
}
