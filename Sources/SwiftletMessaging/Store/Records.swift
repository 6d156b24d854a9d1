// SPDX-License-Identifier: Apache-2.0

/// A message as it is posted.
public struct NewMessage: Sendable, Hashable {
  /// Seconds it lives; nil takes the queue's default.
  public var ttl: Int64?
  /// The body in MessagePack.
  public var body: [UInt8]

  public init(ttl: Int64?, body: [UInt8]) {
    self.ttl = ttl
    self.body = body
  }
}

/// A message as a store gives it out.
public struct StoredMessage: Sendable, Hashable {
  public var id: Identifier
  /// The body in MessagePack.
  public var body: [UInt8]
  /// Seconds it lives, as raised by a claim's grace.
  public var ttl: Int64
  public var created: Milliseconds
  /// The claim that holds it, or for statistics the last one that did.
  public var claim: Identifier?
  /// How often it was claimed.
  public var claimCount: Int
}

/// What a store knows of a claim.
public struct StoredClaim: Sendable, Hashable {
  public var id: Identifier
  public var ttl: Int64
  /// When it was created or last updated.
  public var created: Milliseconds
  /// The live messages it holds, oldest first.
  public var messages: [StoredMessage]
}

/// A queue's numbers, of live messages only.
public struct QueueStatistics: Sendable, Hashable {
  public var claimed: Int
  public var free: Int
  public var oldest: StoredMessage?
  public var newest: StoredMessage?
}

/// What a queue allows: its reserved metadata, or the service's settings.
public struct QueueLimits: Sendable, Hashable {
  /// Bytes of a post; nil when the queue has no bound of its own.
  public var maxPostSize: Int?
  /// Seconds a message lives that is posted without a ttl.
  public var defaultTTL: Int64
}

/// A subscription as a store keeps it.
public struct StoredSubscription: Sendable, Hashable {
  public var id: Identifier
  public var queue: QueueKey
  /// A URL, or `ws-connection:` and a connection's own id.
  public var subscriber: String
  public var ttl: Int64
  public var created: Milliseconds
  /// A map in MessagePack.
  public var options: [UInt8]
  public var isConfirmed: Bool
}
