// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore

/// The service behind a WebSocket route.
open class MessageHandler: ConnectionHandler {
  /// A whole message arrived. Text has been validated as UTF-8. `message` is valid until this
  /// method returns; sending those same bytes back does not copy them when they are many.
  open func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {}

  /// The peer's close frame came; what it gave as code (1005 for none) and reason. ``closed(_:code:)``
  /// follows when the connection is gone.
  open func peerClosed(_ connection: borrowing Connection, code: CloseCode, reason: String) {}
}
