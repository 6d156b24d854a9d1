// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
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

  /// As an operator reads them.
  var families: [MetricFamily] {
    func value(_ count: borrowing Atomic<Int>) -> Double { Double(count.load(ordering: .relaxed)) }
    return [
      MetricFamily(
        .counter, "swiftlet_webhook_messages_total",
        "Messages for webhooks, by what became of them.", by: "end",
        [
          ("delivered", value(delivered)), ("failed", value(failed)), ("refused", value(refused)),
          ("dropped", value(dropped)),
        ]),
      MetricFamily(
        .counter, "swiftlet_webhook_retries_total", "Posts to webhooks that were tried again.",
        value(retries)),
      MetricFamily(
        .gauge, "swiftlet_webhook_waiting_bytes", "Bytes of messages that wait for webhooks.",
        value(waitingBytes)),
      MetricFamily(
        .gauge, "swiftlet_webhooks_resting", "Webhooks whose next try is put off.", value(resting)),
    ]
  }
}

extension Atomic<Int> {
  func count(_ number: Int = 1) { add(number, ordering: .relaxed) }
}
