// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How a ``Server`` listens and what it allows.
public struct ServerConfiguration: Sendable {
  /// An address or name to listen at.
  public var host = "127.0.0.1"
  /// A TCP port; 0 takes a free one.
  public var port: UInt16 = 9001
  /// Whether host and port are listened at; without them there must be another place.
  public var listensAtPort = true
  /// The path of a Unix socket to listen at. A socket there that nobody listens at is replaced; it is removed when the
  /// server drains.
  public var unixSocket: String?
  /// The permissions of that path.
  public var unixSocketMode: UInt32 = 0o660
  /// Sockets that listen already, by their descriptors, which the server closes.
  public var inheritedSockets: [Int32] = []
  /// Event loops, a thread each.
  public var loops = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  /// The largest message taken, in bytes; a larger one is closed with 1009.
  public var maxMessageSize = 16 << 20
  /// Frames a message may be cut into; more is closed with 1009.
  public var maxFragments: UInt32 = 1 << 20
  /// Pings, pongs and close frames a client may send in a second; more is closed with 1008. 0 is no
  /// limit.
  public var maxControlFramesPerSecond: UInt32 = 1000
  /// Connections in total; further ones are answered with 503.
  public var maxConnections = 1 << 20
  /// Connections of one IPv4 address or one IPv6 network of 64 bits; further ones are answered with
  /// 429. 0 is no limit.
  public var maxConnectionsPerAddress = 0
  /// New connections a second, over all loops; a second's worth at once after a rest. Further ones
  /// wait in the kernel's queue. 0 is no limit.
  public var acceptRate = 0
  /// Bytes queued for a connection beyond which nothing more is read from it.
  public var sendQueueLimit = 1 << 20
  /// Bytes of messages and replies on their way, over all connections; beyond it those that have kept memory for
  /// longest are closed with 1013. Nil for a quarter of what the process may use, and room for four of the largest
  /// messages a loop at least.
  public var messageMemory: Int?
  /// The longest a request head may take.
  public var handshakeTimeout = Duration.seconds(5)
  /// The longest an open connection may be silent, pongs counting as a sign of life.
  public var idleTimeout = Duration.seconds(120)
  /// A ping is sent to a connection that has been silent for this long.
  public var pingInterval = Duration.seconds(20)
  /// The longest a close handshake may take.
  public var closeTimeout = Duration.seconds(5)
  /// The longest a graceful shutdown may take.
  public var drainTimeout = Duration.seconds(10)

  /// TLS on the port, streams' ports excepted; nil for none.
  public var tls: ServerTLS?

  public init() {}

  var loop: LoopConfiguration {
    var loop = LoopConfiguration(
      maxMessageSize: maxMessageSize, maxFragments: maxFragments,
      maxControlFramesPerSecond: maxControlFramesPerSecond,
      sendQueueLimit: sendQueueLimit,
      deadlines: .init(
        handshake: handshakeTimeout, idle: idleTimeout, ping: pingInterval, close: closeTimeout,
        drain: drainTimeout))
    loop.tls = tls
    // Any size may be asked for.
    let largest = min(maxMessageSize, Int.max / 4)
    loop.messageMemory =
      messageMemory.map { $0 / loops } ?? max(availableMemory() / 4 / loops, 4 * largest)
    return loop
  }

  var admission: Admission.Limits {
    Admission.Limits(
      connections: maxConnections, connectionsPerOrigin: maxConnectionsPerAddress,
      acceptRate: acceptRate)
  }
}
