// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore

/// The service behind a WebSocket route.
open class MessageHandler: ConnectionHandler {
  /// A whole message arrived. Text has been validated as UTF-8. `message` is valid until this
  /// method returns; sending those same bytes back does not copy them when they are many.
  open func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {}

  /// Whether a message that did not come whole in one read is handed over in parts as they come, instead of being
  /// gathered in memory of its own; compressed ones are always gathered. Asked as such a message begins.
  open var takesParts: Bool { false }

  /// A part of a message arrived, where parts are taken. Text has been validated but may end inside a
  /// character. The last part is empty.
  open func received(
    part: RawSpan, kind: MessageKind, isLast: Bool, on connection: borrowing Connection
  ) {}

  /// A pong arrived, with the payload of the ping that it answers: one of ``Connection/ping(_:)`` or an empty one
  /// of the loop's own. A peer may also send pongs that answer nothing.
  open func ponged(_ payload: RawSpan, on connection: borrowing Connection) {}

  /// The peer's close frame came; what it gave as code (1005 for none) and reason. ``closed(_:code:)``
  /// follows when the connection is gone.
  open func peerClosed(_ connection: borrowing Connection, code: CloseCode, reason: String) {}
}
