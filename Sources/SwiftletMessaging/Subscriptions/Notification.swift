// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// A message as subscribers are told of it: encoded once in each way that one of them wants it.
final class Notification: Sendable {
  let queue: QueueKey
  let message: StoredMessage
  private let encodings = Locked<[[UInt8]?]>(Array(repeating: nil, count: Style.count))

  init(_ message: StoredMessage, of queue: QueueKey) {
    self.queue = queue
    self.message = message
  }

  /// How a subscriber wants notifications.
  struct Style: Hashable {
    let format: WireFormat
    let hasIDs: Bool

    static let count = 4
    var index: Int { (format == .json ? 0 : 2) + (hasIDs ? 1 : 0) }
  }

  /// The bytes, where they have ids but for the subscription's, whose place is to be filled by
  /// ``Style/fill(_:with:)``.
  func encoded(_ style: Style) -> [UInt8] {
    encodings.withLock { encodings in
      if let bytes = encodings[style.index] { return bytes }
      let bytes = encode(style.format, ids: style.hasIDs)
      encodings[style.index] = bytes
      return bytes
    }
  }

  /// The bytes for the one subscription that is told, with the claim that is made for it.
  func encoded(_ format: WireFormat, claim: Identifier, subscription: Identifier) -> [UInt8] {
    var bytes = encode(format, ids: true, claim: claim)
    let text = Array(subscription.description.utf8)
    bytes.withUnsafeMutableBytes { Style(format: format, hasIDs: true).fill($0, with: text) }
    return bytes
  }

  private func encode(_ format: WireFormat, ids: Bool, claim: Identifier? = nil) -> [UInt8] {
    var map = Value.Map()
    map.reserve(7)
    map.set("body", .packed(message.body))
    map.set("ttl", .int(message.ttl))
    map.set("queue_name", .string(queue.name))
    map.set("Message_Type", "Notification")
    if ids {
      map.set("message_id", .string(message.id.description))
      if let claim { map.set("claim_id", .string(claim.description)) }
      // The last, so that its place is known.
      map.set("subscription_id", .string(String(repeating: "-", count: Style.idLength)))
    }
    return format.encode(.map(map))
  }
}

extension Notification.Style {
  fileprivate static let idLength = 36
  /// What comes behind the last value: the quote and the brace.
  private var tail: Int { format == .json ? 2 : 0 }

  /// Writes the text of a subscription's id to its place in a notification's bytes.
  func fill(_ bytes: UnsafeMutableRawBufferPointer, with id: [UInt8]) {
    assert(hasIDs && id.count == Self.idLength)
    let end = bytes.count - tail
    UnsafeMutableRawBufferPointer(rebasing: bytes[(end - id.count)..<end]).copyBytes(from: id)
  }
}
