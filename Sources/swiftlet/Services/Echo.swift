// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// `ws /echo` and `POST /echo`: what came goes back.
func addEcho(to routes: inout Routes, compression: Compression, maxMessageSize: Int) {
  routes.webSocket("/echo", compression: compression) { _ in Echo() }
  routes.post("/echo", maxBodySize: maxMessageSize) { request, body, exchange in
    exchange.respond(
      contentType: request.field("Content-Type") ?? "application/octet-stream", body: body)
  }
}

/// Sends each message back as it came. Has no state of its own.
private final class Echo: MessageHandler {
  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    connection.send(message, kind: kind)
  }
}
