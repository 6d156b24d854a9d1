// SPDX-License-Identifier: Apache-2.0

/// A subscription of a connection, which ends with it, as it is asked for.
struct LiveSubscription: Sendable {
  /// What the subscribers begin with that are connections.
  static let subscriberPrefix = "ws-connection:"

  static func newSubscriber() -> String { subscriberPrefix + Identifier.random().description }

  /// Queues of the past that one request may ask for.
  static let mostReplays = 64

  /// As stores keep it; that of a pattern, which no store knows of, as well.
  private(set) var stored: StoredSubscription
  let format: WireFormat
  let options: SubscriptionOptions
  /// What it is to be told of the time before it began.
  let replays: [Marker]

  /// A place in a queue to go on from.
  struct Marker: Sendable, Hashable {
    var queue: QueueKey
    /// What comes behind this message, or with nil all that is there.
    var message: Identifier?
  }

  init(
    queue: QueueKey, subscriber: String, ttl: Int64, now: Milliseconds, format: WireFormat,
    options: SubscriptionOptions, replays: [Marker]
  ) {
    stored = StoredSubscription(
      id: Identifier(high: 0, low: 0), queue: queue, subscriber: subscriber, ttl: ttl,
      created: now, options: options.packed, isConfirmed: false)
    self.format = format
    self.options = options
    self.replays = replays
  }

  /// The same, known by the id it was given.
  func with(id: Identifier) -> LiveSubscription {
    var copy = self
    copy.stored.id = id
    return copy
  }

  var id: Identifier { stored.id }
  /// Its name may be a pattern.
  var queue: QueueKey { stored.queue }
  /// The connection's own.
  var subscriber: String { stored.subscriber }
}

extension Identifier {
  static func random() -> Identifier {
    // RFC 9562, version 4.
    Identifier(
      high: .random(in: 0 ... .max) & ~0xf000 | 0x4000,
      low: .random(in: 0 ... .max) & ~(3 << 62) | 1 << 63)
  }
}
