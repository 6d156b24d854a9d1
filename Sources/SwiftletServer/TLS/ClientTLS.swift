// SPDX-License-Identifier: Apache-2.0

import CTLS

/// Whose word a client takes for it that a server is the one it means.
public enum TLSTrust: Sendable, Hashable, Codable {
  /// The system's certificate authorities.
  case system
  /// Only the authorities in this PEM file; a server's own certificate may be among them.
  case authorities(file: String)
  /// Whoever answers is believed: the connection is private but may be with anybody.
  case anyone
}

/// TLS of a client's connections. Used on any thread.
package final class ClientTLS: Sendable {
  let context: TLSContext

  /// Reads the authorities' certificates, which takes a while.
  package init(_ trust: TLSTrust) throws(TLSFileError) {
    context = try TLSContext(trust)
  }
}

/// How a client's connection is to be secured.
package struct ClientSecurity: Sendable {
  let tls: ClientTLS
  /// The name or address whose certificate the server must have.
  let host: String

  package init(_ tls: ClientTLS, host: String) {
    self.tls = tls
    self.host = host
  }
}
