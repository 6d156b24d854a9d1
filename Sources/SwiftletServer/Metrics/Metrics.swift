// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a server and its services count, as Prometheus reads it.
///
/// Made before the server, so that a route can show it; the server adds its loops when it starts.
public final class Metrics: Sendable {
  private struct Contents {
    /// Of each loop. Not the loops themselves: their routes may well hold these metrics.
    var loops: [SharedCounters] = []
    var sources: [@Sendable () -> String] = []
    var isDraining = false
  }

  private let contents = Mutex(Contents())

  public init() {}

  /// Adds lines in the Prometheus text format 0.0.4, made anew at each call of ``text()``.
  public func add(_ source: @escaping @Sendable () -> String) {
    contents.withLock { $0.sources.append(source) }
  }

  /// Adds a number that only rises.
  public func add(
    counter name: String, _ help: String, _ value: @escaping @Sendable () -> Int
  ) {
    add { Metrics.family(name, "counter", help) + "swiftlet_\(name) \(value())\n" }
  }

  /// Adds a number that rises and falls.
  public func add(
    gauge name: String, _ help: String, _ value: @escaping @Sendable () -> Int
  ) {
    add { Metrics.family(name, "gauge", help) + "swiftlet_\(name) \(value())\n" }
  }

  private static func family(_ name: String, _ type: String, _ help: String) -> String {
    "# HELP swiftlet_\(name) \(help)\n# TYPE swiftlet_\(name) \(type)\n"
  }

  /// Whether the server takes new connections: false before it listens and while it drains.
  public var isReady: Bool { contents.withLock { !$0.loops.isEmpty && !$0.isDraining } }

  func add(_ loops: [EventLoop]) { contents.withLock { $0.loops = loops.map(\.counters) } }
  func markDraining() { contents.withLock { $0.isDraining = true } }

  /// Everything, in the Prometheus text format 0.0.4.
  public func text() -> String {
    let (loops, sources) = contents.withLock { ($0.loops, $0.sources) }
    var text = ""
    func sum(_ value: (borrowing Counters) -> UInt64) -> UInt64 {
      loops.reduce(0) { $0 &+ value($1.pointer.pointee) }
    }
    func single(_ name: String, _ type: String, _ help: String, _ value: UInt64) {
      text += Metrics.family(name, type, help)
      text += "swiftlet_\(name) \(value)\n"
    }
    single("connections", "gauge", "Open connections.", sum { $0.open.current })
    single("websockets", "gauge", "Open WebSockets.", sum { $0.webSockets.current })
    single("streams", "gauge", "Open byte streams.", sum { $0.streams.current })
    single(
      "connections_accepted_total", "counter", "Connections accepted.", sum { $0.accepted.current })
    single(
      "requests_refused_total", "counter", "Connections and requests answered with an error.",
      sum { $0.refused.current })
    single("handshakes_total", "counter", "WebSockets opened.", sum { $0.handshakes.current })
    single(
      "handshake_timeouts_total", "counter", "Requests not complete within the handshake timeout.",
      sum { $0.handshakeTimeouts.current })
    single(
      "http_responses_total", "counter", "HTTP responses other than upgrades.",
      sum { $0.httpResponses.current })
    single(
      "messages_received_total", "counter", "WebSocket messages received.",
      sum { $0.messagesReceived.current })
    single(
      "messages_sent_total", "counter", "WebSocket messages sent.", sum { $0.messagesSent.current })
    single(
      "received_bytes_total", "counter", "Bytes read from sockets.",
      sum { $0.bytesReceived.current })
    single("sent_bytes_total", "counter", "Bytes written to sockets.", sum { $0.bytesSent.current })
    single(
      "protocol_errors_total", "counter", "WebSockets closed because the peer broke the protocol.",
      sum { $0.protocolErrors.current })
    text += Metrics.family(
      "handshake_failures_total", "counter",
      "Connections and requests turned away before the upgrade, by reason.")
    for reason in HandshakeFailure.allCases {
      let count = sum { $0.failures(reason) }
      text += "swiftlet_handshake_failures_total{reason=\"\(reason.rawValue)\"} \(count)\n"
    }
    text += Metrics.family(
      "websocket_closes_total", "counter", "WebSockets closed, by close code.")
    for label in ClosesByCode.Label.allCases {
      let count = sum { $0.closes(label) }
      text += "swiftlet_websocket_closes_total{code=\"\(label.text)\"} \(count)\n"
    }
    for source in sources { text += source() }
    return text
  }
}
