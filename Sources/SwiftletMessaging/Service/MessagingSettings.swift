// SPDX-License-Identifier: Apache-2.0

public import SwiftletServer

/// What the messaging service allows, and how it answers. Times are in seconds, sizes in bytes.
public struct MessagingSettings: Sendable {
  public var defaultMessageTTL: Int64 = 3600
  public var maxMessageTTL: Int64 = 1_209_600
  public var defaultClaimTTL: Int64 = 300
  public var maxClaimTTL: Int64 = 43200
  public var defaultClaimGrace: Int64 = 60
  public var maxClaimGrace: Int64 = 43200
  public var defaultSubscriptionTTL: Int64 = 3600
  /// The largest `_default_message_delay` of a queue.
  public var maxMessageDelay: Int64 = 900
  /// Entries in an answer when the request does not say.
  public var defaultPage = 10
  public var maxQueuesPerPage = 20
  public var maxMessagesPerPage = 20
  public var maxSubscriptionsPerPage = 20
  public var maxMessagesPerClaimOrPop = 20
  /// Queues and patterns in one `subscription_create`.
  public var maxQueuesPerSubscription = 20
  /// Of a queue's metadata, as compact JSON.
  public var maxQueueMetadata = 65536
  /// Of a post's messages, as compact JSON, whatever they came in.
  public var maxMessagesPostSize = 262_144
  public var clientID = ClientIDRule.uuid
  /// Whether `message_delete_many` must name the claims that hold the messages.
  public var deletesManyWithClaimIDs = false
  /// Schemes of the URLs that may subscribe.
  public var subscriberTypes = ["http", "https"]
  public var webhooks = WebhookSettings()
  public var notificationFormat = NotificationFormat.subscription
  /// Whether tokens and signatures are masked where a response echoes its request.
  public var masksSecrets = false
  /// Requests of a connection whose answers are still to come, beyond which it is not read.
  public var maxRequestsUnderWay = 128
  /// Bytes of notifications that wait for a connection, beyond what its output takes; then its
  /// ``slowConsumer`` policy applies.
  public var notificationQueueLimit = 1 << 20
  public var slowConsumer = SlowConsumerPolicy.close
  /// Under ``SlowConsumerPolicy/block``, the longest that posters wait for one connection before it is
  /// closed.
  public var longestBlock: Int64 = 10
  /// Messages that a subscription which acknowledges may have claimed at a time.
  public var maxClaimsPerSubscriber = 32

  public init() {}

  /// What a Client-ID must be where it says who posts.
  public enum ClientIDRule: Sendable {
    case uuid
    /// Any text of 10 to 36 characters.
    case text
  }
}

/// In which encoding a client gets responses and notifications.
public enum NotificationFormat: Sendable, Hashable {
  /// Responses as the request; notifications as the request that subscribed, or as its `accept` says.
  case subscription
  /// Responses as the request; notifications as `accept` says, or JSON.
  case accept
  /// Both as the first message of the connection that could be decoded.
  case firstMessage
  /// Both always so.
  case fixed(WireFormat)
}
