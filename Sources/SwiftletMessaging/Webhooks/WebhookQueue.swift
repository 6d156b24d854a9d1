// SPDX-License-Identifier: Apache-2.0

/// A queue's webhooks as they were last read from the store. Used by the webhooks' thread.
final class WebhookQueue {
  let key: QueueKey
  private(set) var outboxes: [Outbox] = []
  /// The generation of the subscriptions that were read; 0 before they were.
  var readGeneration: UInt64 = 0
  var isReading = false
  /// Messages, confirmations and outboxes that wait until they are read anew.
  var messages: [Notification] = []
  var confirmations: [(json: [UInt8], subscription: Identifier)] = []
  var blocked: [Outbox] = []

  init(_ key: QueueKey) { self.key = key }

  func takeMessages() -> [Notification] {
    defer { messages = [] }
    return messages
  }

  func takeConfirmations() -> [(json: [UInt8], subscription: Identifier)] {
    defer { confirmations = [] }
    return confirmations
  }

  func takeBlocked() -> [Outbox] {
    defer { blocked = [] }
    return blocked
  }

  /// Takes on what was read. Returns the outboxes whose subscriptions are no more.
  func renew(
    _ subscriptions: [StoredSubscription], _ settings: WebhookSettings, _ counters: WebhookCounters
  ) -> [Outbox] {
    var old = Dictionary(uniqueKeysWithValues: outboxes.map { ($0.id, $0) })
    outboxes = subscriptions.compactMap { subscription in
      guard let target = WebhookTarget(subscription) else { return nil }
      guard let outbox = old.removeValue(forKey: subscription.id) else {
        return Outbox(subscription, target, settings, counters)
      }
      outbox.renew(subscription, target)
      return outbox
    }
    return Array(old.values)
  }
}
