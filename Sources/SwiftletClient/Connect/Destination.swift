// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// A server and what is asked of it, made ready once for any number of connections.
package struct Destination: Sendable {
  let url: WebSocketURL
  /// Empty where the host is a name, which is looked up for each connection.
  let addresses: [SocketAddress]
  /// Names the server in sentences.
  private let server: String
  private let request: HandshakeRequest
  private let source: SocketAddress?
  private let security: ClientSecurity?

  /// Throws what is wrong with the URL or the options. `tls` is asked for where the URL wants it.
  init(
    _ url: String, _ options: ConnectOptions, tls: () throws(ConnectError) -> ClientTLS
  ) throws(ConnectError) {
    let url = try WebSocketURL(url)
    self.url = url
    addresses = Resolver.literal(url.host, url.port)
    server = url.server
    request = try options.request(to: url)
    source = try options.source
    security = url.isSecure ? ClientSecurity(try tls(), host: url.host) : nil
  }

  func attempt(
    _ handler: MessageHandler, report: @escaping (ConnectEvent, String) -> Void
  ) -> ConnectAttempt {
    ConnectAttempt(
      request, handler: handler, security: security, from: source, to: addresses
    ) { [server] in report($0, server) }
  }
}

extension ConnectOptions {
  var source: SocketAddress? {
    get throws(ConnectError) { try ConnectOptions.source(localAddress) }
  }

  static func source(_ address: String?) throws(ConnectError) -> SocketAddress? {
    guard let address else { return nil }
    return try Resolver.source(address)
  }

  func request(to url: WebSocketURL) throws(ConnectError) -> HandshakeRequest {
    do {
      return try HandshakeRequest(
        host: url.authority, target: url.target, origin: origin, subprotocols: subprotocols,
        fields: fields, compression: compression)
    } catch {
      throw .options(error)
    }
  }
}
