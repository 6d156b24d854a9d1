// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// Brings posts to the connections that subscribed. Called on any thread.
///
/// Each subscriber gets the posts of a queue in their order, and a notification that its own request
/// caused behind the response to that: ``Conversation/say(_:_:_:)`` sees to it on the connection's loop.
protocol SubscriptionHub: Sendable {
  /// Begins to deliver to a connection, on whose loop this is called. A subscription of the same
  /// subscriber to the same queue is replaced.
  func subscribe(
    _ subscription: LiveSubscription, _ connection: ConnectionReference,
    _ conversation: Conversation)
  /// Whether the subscriber has a subscription to this very queue or pattern.
  func has(_ subscription: LiveSubscription) -> Bool
  /// Changes what is not nil. False when there is no such subscription.
  func update(
    _ id: Identifier, of queue: QueueKey, expires: Milliseconds?, options: SubscriptionOptions?
  ) -> Bool
  func unsubscribe(_ id: Identifier, from queue: QueueKey)
  func unsubscribeAll(from queue: QueueKey)
  /// The connection is gone.
  func forget(_ subscriber: String)
  /// Told of every post, in the order of the posts to a queue, from within the store.
  func posted(_ messages: [StoredMessage], to queue: QueueKey)
}
