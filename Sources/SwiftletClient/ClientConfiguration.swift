// SPDX-License-Identifier: Apache-2.0

public import SwiftletServer

/// What a ``WebSocketClient`` allows its connections.
public struct ClientConfiguration: Sendable {
  /// Event loops, a thread each, among which the connections are spread.
  public var loops = 1
  /// The largest message taken, in bytes; a larger one is closed with 1009.
  public var maxMessageSize = 16 << 20
  /// Frames a message may be cut into; more is closed with 1009.
  public var maxFragments: UInt32 = 1 << 20
  /// Pings, pongs and close frames a server may send in a second; more is closed with 1008.
  public var maxControlFramesPerSecond: UInt32 = 1000
  /// Bytes queued for a connection beyond which ``SwiftletServer/AsyncConnection`` waits before it
  /// sends more.
  public var sendQueueLimit = 1 << 20
  /// Whom to believe that a server of a wss URL is the one it names.
  public var trust = TLSTrust.system
  /// The longest it may take from the wish to the open WebSocket: name, TCP, TLS and handshake together.
  public var connectTimeout = Duration.seconds(10)
  /// The longest an open connection may be silent, pongs counting as a sign of life.
  public var idleTimeout = Duration.seconds(120)
  /// A ping is sent to a connection that has been silent for this long.
  public var pingInterval = Duration.seconds(20)
  /// The longest a close handshake may take, until the server has closed its side of TCP.
  public var closeTimeout = Duration.seconds(5)
  /// The longest ``WebSocketClient/shutDown()`` may take.
  public var drainTimeout = Duration.seconds(10)

  public init() {}

  var loop: LoopConfiguration {
    LoopConfiguration(
      maxMessageSize: maxMessageSize, maxFragments: maxFragments,
      maxControlFramesPerSecond: maxControlFramesPerSecond,
      sendQueueLimit: sendQueueLimit,
      deadlines: .init(
        handshake: connectTimeout, idle: idleTimeout, ping: pingInterval, close: closeTimeout,
        drain: drainTimeout))
  }
}
