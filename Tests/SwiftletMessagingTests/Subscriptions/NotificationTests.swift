// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct NotificationTests {
  private let id = Identifier(high: 1, low: 2)
  private let other = Identifier(high: 3, low: 4)
  private let notification: Notification

  init() {
    notification = Notification(
      StoredMessage(
        id: id, body: WireFormat.messagePack.encode(["a": 1]), ttl: 60, created: 0, claim: nil,
        claimCount: 0), of: QueueKey(project: "p", name: "q"))
  }

  @Test(arguments: WireFormat.allCases)
  func withoutIDs(format: WireFormat) throws {
    let bytes = notification.encoded(.init(format: format, hasIDs: false))
    #expect(
      try format.decode(bytes) == [
        "body": ["a": 1], "ttl": 60, "queue_name": "q", "Message_Type": "Notification",
      ])
  }

  @Test(arguments: WireFormat.allCases)
  func withIDs(format: WireFormat) throws {
    let style = Notification.Style(format: format, hasIDs: true)
    var bytes = notification.encoded(style)
    // In the same bytes one subscription after the other.
    for subscription in [other, id] {
      let text = subscription.description
      bytes.withUnsafeMutableBytes { style.fill($0, with: Array(text.utf8)) }
      #expect(
        try format.decode(bytes) == [
          "body": ["a": 1], "ttl": 60, "queue_name": "q", "Message_Type": "Notification",
          "message_id": .string(id.description), "subscription_id": .string(text),
        ])
    }
  }

  @Test(arguments: WireFormat.allCases)
  func withAClaim(format: WireFormat) throws {
    let claim = Identifier(high: 5, low: 6)
    let bytes = notification.encoded(format, claim: claim, subscription: other)
    #expect(
      try format.decode(bytes) == [
        "body": ["a": 1], "ttl": 60, "queue_name": "q", "Message_Type": "Notification",
        "message_id": .string(id.description), "claim_id": .string(claim.description),
        "subscription_id": .string(other.description),
      ])
  }
}
