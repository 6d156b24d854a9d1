// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import Synchronization

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
  private let acknowledges: Bool
  private let notifications: Stream.Continuation
  /// By queue the id of the last message told of, behind which the next connection goes on.
  private let positions: Mutex<[String: String]>
  private let ended = Atomic(false)

  init(
    _ names: [String], acknowledges: Bool, from positions: [String: String],
    _ notifications: Stream.Continuation
  ) {
    self.names = names
    self.acknowledges = acknowledges
    self.positions = Mutex(positions)
    self.notifications = notifications
  }

  /// Nobody reads it any more. Changed under the session's lock.
  var hasEnded: Bool {
    get { ended.load(ordering: .relaxed) }
    set { ended.store(newValue, ordering: .relaxed) }
  }

  /// It ends with its connection, and need not end before.
  private static let ttl: Int64 = 10 * 366 * 86400
  /// Of how many queues a server takes positions.
  private static let mostPositions = 64

  /// The body of `subscription_create`.
  var request: Value {
    var since = Value.Map()
    for (queue, message) in positions.withLock({ $0.prefix(Feed.mostPositions) }) {
      since.set(.string(queue), .string(message))
    }
    return fields([
      "queue_names": .strings(names), "ttl": .int(Feed.ttl),
      "options": acknowledges ? ["ids": true, "ack": true] : ["ids": true],
      "since": since.isEmpty ? nil : .map(since),
    ])
  }

  /// The subscriptions in the answer to the ``request``.
  func created(_ answer: Value) throws -> [Created] {
    try answer.array("subscriptions").map {
      Created(id: try $0.text("subscription_id"), queue: try $0.text("queue_name"))
    }
  }

  /// Whether there is a subscription for each of the names.
  func isWhole(_ created: [Created]) -> Bool { Set(created.map(\.queue)).isSuperset(of: names) }

  func deliver(_ notification: Notification) {
    switch notifications.yield(notification) {
    case .enqueued:
      // What is claimed comes again by itself.
      if !acknowledges {
        positions.withLock { $0[notification.queue] = notification.messageID }
      }
    case .dropped: finish(MessagingError.bufferFull)
    case .terminated: break
    @unknown default: break
    }
  }

  /// Ends the sequence behind what is buffered.
  func finish(_ error: (any Error)?) { notifications.finish(throwing: error) }
}
