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

  public init() {}
}
