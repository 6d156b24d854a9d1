// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// What is done about a subscriber that does not take what it subscribed to as fast as it comes.
public enum SlowConsumerPolicy: String, Sendable, Hashable, CaseIterable {
  /// Its connection is closed with 1013.
  case close
  /// It loses what has waited longest.
  case dropOldest = "drop-oldest"
  /// Those who publish to it are not read until it has caught up.
  case block
}

/// Whole messages that wait for a connection to take more, bounded by their bytes.
public struct OutboundQueue<Message> {
  private var messages = Deque<(message: Message, size: Int)>()
  /// Of what waits.
  public private(set) var byteCount = 0
  /// In bytes.
  public let limit: Int

  public init(limit: Int) { self.limit = limit }

  public var isEmpty: Bool { messages.isEmpty }
  public var first: Message? { messages.first?.message }
  /// Whether more waits than may. One message alone may always.
  public var isOverLimit: Bool { byteCount > limit && messages.count > 1 }

  /// Adds a message of `size` bytes behind the others, whatever the limit.
  public mutating func append(_ message: Message, size: Int) {
    messages.append((message, size))
    byteCount += size
  }

  public mutating func popFirst() -> Message? {
    guard let first = messages.popFirst() else { return nil }
    byteCount -= first.size
    return first.message
  }

  /// Drops what has waited longest until the rest is within the limit. Returns how many.
  public mutating func dropOldest() -> Int {
    var dropped = 0
    while isOverLimit {
      _ = popFirst()
      dropped += 1
    }
    return dropped
  }

  public mutating func removeAll() {
    messages.removeAll()
    byteCount = 0
  }
}
