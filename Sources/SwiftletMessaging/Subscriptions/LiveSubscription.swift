// SPDX-License-Identifier: Apache-2.0

/// A subscription of a connection, which ends with it.
struct LiveSubscription: Sendable {
  /// What the subscribers begin with that are connections.
  static let subscriberPrefix = "ws-connection:"

  static func newSubscriber() -> String { subscriberPrefix + Identifier.random().description }

  private(set) var id = Identifier(high: 0, low: 0)
  /// Its name may be a pattern.
  let queue: QueueKey
  /// The connection's own.
  let subscriber: String
  var expires: Milliseconds
  let format: WireFormat
  var options: SubscriptionOptions
  let replay: Replay

  init(
    queue: QueueKey, subscriber: String, expires: Milliseconds, format: WireFormat,
    options: SubscriptionOptions, replay: Replay
  ) {
    self.queue = queue
    self.subscriber = subscriber
    self.expires = expires
    self.format = format
    self.options = options
    self.replay = replay
  }

  /// The same, known by the id it was given.
  func with(id: Identifier) -> LiveSubscription {
    var copy = self
    copy.id = id
    return copy
  }

  var isPattern: Bool { queue.name.utf8.contains(UInt8(ascii: "*")) }
}

/// What a client wants to be sent of the time before it subscribed.
enum Replay: Sendable, Hashable {
  case nothing
  /// All that is in the queue, or what came after this message.
  case messages(after: Identifier?)

  init(since marker: String?) {
    // As in a list, a marker never seen marks the start.
    self = marker.map { .messages(after: Identifier($0)) } ?? .nothing
  }
}

/// The options of a subscription, and what the service itself heeds of them.
struct SubscriptionOptions: Sendable, Hashable {
  /// The whole map in MessagePack.
  private(set) var packed: [UInt8] = [0x80]
  /// Whether notifications tell the ids of the message and of the subscription.
  private(set) var ids = false
  /// Whether a message is claimed when it is notified, and notified anew unless it is deleted.
  private(set) var ack = false

  init(checking value: Value?) throws(Answer) {
    guard case .map(let map)? = value else { return }
    try checkRetryPolicy(map["_retry_policy"])
    ids = try SubscriptionOptions.flag("ids", map)
    ack = try SubscriptionOptions.flag("ack", map)
    packed = []
    WireFormat.messagePack.encode(.map(map), into: &packed)
  }

  private static func flag(_ name: String, _ map: Value.Map) throws(Answer) -> Bool {
    switch map[name] {
    case nil: return false
    case .bool(let flag)?: return flag
    default: throw .invalid("The option \(name) must be a boolean.")
    }
  }
}

extension Identifier {
  static func random() -> Identifier {
    // RFC 9562, version 4.
    Identifier(
      high: .random(in: 0 ... .max) & ~0xf000 | 0x4000,
      low: .random(in: 0 ... .max) & ~(3 << 62) | 1 << 63)
  }
}
