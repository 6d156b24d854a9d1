// SPDX-License-Identifier: Apache-2.0

/// What exchanges brought, their phases apart.
package struct ExchangeTally: Sendable {
  /// The name and TCP.
  package var connect = Latencies()
  /// TLS's handshake, where it is spoken.
  package var tls = Latencies()
  /// The opening handshake.
  package var upgrade = Latencies()
  /// Until the kernel took the message's last byte.
  package var send = Latencies()
  /// From then to the reply's first byte.
  package var firstByte = Latencies()
  /// From the reply's first byte to its last.
  package var lastByte = Latencies()
  /// From the close frame until the server ended the connection.
  package var close = Latencies()
  /// From the begin of sending to the reply's last byte.
  package var response = Latencies()
  /// From the wish for a connection to its end.
  package var whole = Latencies()
  package var faults = Faults()
  package var messages: [Run.MessageTimes] = []

  package var received: Int { Int(response.totalCount) }
  /// Connections that came to their end.
  package var closed: Int { Int(close.totalCount) }

  var times: [String: Latencies] {
    [
      "connect": connect, "tls": tls, "upgrade": upgrade, "send": send,
      "firstByte": firstByte, "lastByte": lastByte, "close": close, "response": response,
      "whole": whole,
    ]
  }
}

/// When the parts of an exchange were over, in nanoseconds on the monotonic clock.
struct ExchangeTimes {
  var begun: UInt64 = 0
  /// TCP, and TLS on it where it is spoken.
  var stood: UInt64 = 0
  var sending: UInt64 = 0
  /// 0 until it is so.
  var sent: UInt64 = 0
  /// 0 until it is so.
  var firstByte: UInt64 = 0
  var closing: UInt64 = 0
}
