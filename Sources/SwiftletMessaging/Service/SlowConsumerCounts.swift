// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What became of connections that did not take their notifications as fast as they came.
final class SlowConsumerCounts: Sendable {
  /// Notifications.
  let dropped = Atomic(0)
  /// Connections.
  let closed = Atomic(0)
  /// Times that posters began to wait for a connection.
  let blocks = Atomic(0)

  /// In the Prometheus text format.
  var text: String {
    func counter(_ name: String, _ help: String, _ value: Int) -> String {
      """
      # HELP swiftlet_\(name) \(help)
      # TYPE swiftlet_\(name) counter
      swiftlet_\(name) \(value)

      """
    }
    return counter(
      "notifications_dropped_total", "Notifications lost by slow subscribers.",
      dropped.load(ordering: .relaxed))
      + counter(
        "slow_consumers_closed_total", "Subscribers closed with 1013 for being slow.",
        closed.load(ordering: .relaxed))
      + counter(
        "slow_consumer_blocks_total", "Times that posters had to wait for a slow subscriber.",
        blocks.load(ordering: .relaxed))
  }
}
