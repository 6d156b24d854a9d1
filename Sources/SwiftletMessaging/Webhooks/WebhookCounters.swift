// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What became of messages for webhooks. Counted on one thread or several, read by any.
final class WebhookCounters: Sendable {
  let delivered = Atomic(0)
  /// Given up after an answer that will not change, or after the last retry.
  let failed = Atomic(0)
  /// Their host may not be reached.
  let refused = Atomic(0)
  /// Never tried, or not again: too much waited already, or the subscription or the message itself was
  /// over.
  let dropped = Atomic(0)
  /// Tries after the first.
  let retries = Atomic(0)
  let waitingBytes = Atomic(0)
  /// Subscriptions whose next try is put off.
  let resting = Atomic(0)

  /// In the Prometheus text format 0.0.4.
  var text: String {
    let ends = [
      ("delivered", delivered.load(ordering: .relaxed)),
      ("failed", failed.load(ordering: .relaxed)), ("refused", refused.load(ordering: .relaxed)),
      ("dropped", dropped.load(ordering: .relaxed)),
    ]
    var text = """
      # HELP swiftlet_webhook_messages_total Messages for webhooks, by what became of them.
      # TYPE swiftlet_webhook_messages_total counter

      """
    for (end, count) in ends {
      text += "swiftlet_webhook_messages_total{end=\"\(end)\"} \(count)\n"
    }
    text += """
      # HELP swiftlet_webhook_retries_total Posts to webhooks that were tried again.
      # TYPE swiftlet_webhook_retries_total counter
      swiftlet_webhook_retries_total \(retries.load(ordering: .relaxed))
      # HELP swiftlet_webhook_waiting_bytes Bytes of messages that wait for webhooks.
      # TYPE swiftlet_webhook_waiting_bytes gauge
      swiftlet_webhook_waiting_bytes \(waitingBytes.load(ordering: .relaxed))
      # HELP swiftlet_webhooks_resting Webhooks whose next try is put off.
      # TYPE swiftlet_webhooks_resting gauge
      swiftlet_webhooks_resting \(resting.load(ordering: .relaxed))

      """
    return text
  }
}

extension Atomic<Int> {
  func count(_ number: Int = 1) { add(number, ordering: .relaxed) }
}
