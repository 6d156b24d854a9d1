// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore

/// How long the parts of connecting, and the close, took, one entry a connection.
package struct ConnectionPhases: Sendable {
  /// The name and TCP.
  package var connect = Latencies()
  /// TLS's handshake, where it is spoken.
  package var tls = Latencies()
  /// The opening handshake.
  package var upgrade = Latencies()
  /// From our end's close to the server's.
  package var close = Latencies()

  static func += (one: inout ConnectionPhases, other: ConnectionPhases) {
    one.connect.add(other.connect)
    one.tls.add(other.tls)
    one.upgrade.add(other.upgrade)
    one.close.add(other.close)
  }

  /// A connection's phase is over, and its next one begins. `began` is on the monotonic clock, in nanoseconds.
  mutating func end(
    _ phase: WritableKeyPath<ConnectionPhases, Latencies>, since began: inout UInt64
  ) {
    let now = monotonicNanoseconds()
    self[keyPath: phase].note(now - began)
    began = now
  }

  /// By the names that results and expectations use.
  var times: [String: Latencies] {
    ["connect": connect, "tls": tls, "upgrade": upgrade, "close": close]
  }
}
