// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization

/// What became of connections that did not take their notifications as fast as they came.
final class SlowConsumerCounts: Sendable {
  /// Notifications.
  let dropped = Atomic(0)
  /// Connections.
  let closed = Atomic(0)
  /// Times that posters began to wait for a connection.
  let blocks = Atomic(0)

  func register(in metrics: Metrics) {
    metrics.add(counter: "notifications_dropped_total", "Notifications lost by slow subscribers.") {
      self.dropped.load(ordering: .relaxed)
    }
    metrics.add(
      counter: "slow_consumers_closed_total", "Subscribers closed with 1013 for being slow."
    ) {
      self.closed.load(ordering: .relaxed)
    }
    metrics.add(
      counter: "slow_consumer_blocks_total", "Times that posters had to wait for a slow subscriber."
    ) {
      self.blocks.load(ordering: .relaxed)
    }
  }
}
