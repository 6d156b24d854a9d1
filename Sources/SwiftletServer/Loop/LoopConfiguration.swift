// SPDX-License-Identifier: Apache-2.0

/// What a loop allows its connections, whichever side of them it is.
package struct LoopConfiguration: Sendable {
  package var maxMessageSize: Int
  package var maxFragments: UInt32
  package var maxControlFramesPerSecond: UInt32
  package var sendQueueLimit: Int
  package var deadlines: Deadlines
  var tls: ServerTLS?
  /// Bytes of messages and replies on their way, over all connections.
  var messageMemory = Int.max

  package init(
    maxMessageSize: Int, maxFragments: UInt32, maxControlFramesPerSecond: UInt32,
    sendQueueLimit: Int, deadlines: Deadlines
  ) {
    self.maxMessageSize = maxMessageSize
    self.maxFragments = maxFragments
    self.maxControlFramesPerSecond = maxControlFramesPerSecond
    self.sendQueueLimit = sendQueueLimit
    self.deadlines = deadlines
  }

  /// The deadlines in milliseconds of the loops' clocks.
  package struct Deadlines: Sendable {
    /// Until the handshake is done; a client's connecting included.
    var handshake: UInt32
    var idle: UInt32
    var ping: UInt32
    var close: UInt32
    var drain: UInt32

    package init(
      handshake: Duration, idle: Duration, ping: Duration, close: Duration, drain: Duration
    ) {
      self.handshake = handshake.milliseconds
      self.idle = idle.milliseconds
      self.ping = ping.milliseconds
      self.close = close.milliseconds
      self.drain = drain.milliseconds
    }
  }

  /// A quarter of the shortest deadline, within 10 to 250 ms: how late a deadline may be noticed.
  var sweepInterval: UInt32 {
    let shortest = min(
      deadlines.handshake, deadlines.idle, deadlines.ping, deadlines.close, deadlines.drain)
    return min(max(shortest / 4, 10), 250)
  }
}

extension Duration {
  /// Whole milliseconds, at least 1 and at most what a loop's wrapping clock can tell apart.
  var milliseconds: UInt32 {
    let (seconds, attoseconds) = components
    if seconds >= Int64(Int32.max) / 1000 { return UInt32(Int32.max) }
    return UInt32(max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
  }
}
