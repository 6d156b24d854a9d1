// SPDX-License-Identifier: Apache-2.0

public import SwiftletServer

/// What a client asks for in the handshake of one connection.
public struct ConnectOptions: Sendable {
  /// Subprotocols the application speaks, in the order of preference (RFC 6455 §1.9). A server may
  /// choose one or none.
  public var subprotocols: [String] = []
  /// The value of Origin, which servers for browsers check.
  public var origin: String?
  /// Further fields of the request, such as Authorization or Cookie; those of the handshake itself
  /// cannot be given.
  public var fields: [(name: String, value: String)] = []
  /// Compression to offer; the server decides.
  public var compression = Compression.off
  /// The numeric address to connect from, such as "127.0.0.2"; nil leaves the choice to the system. One
  /// address has about 28,000 ports to one server: with more connections, spread them over several, of which
  /// loopback has 127.0.0.1 to 127.255.255.254.
  public var localAddress: String?

  public init() {}
}
