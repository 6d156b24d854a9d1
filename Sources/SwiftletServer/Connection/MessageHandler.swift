// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore

/// The service behind a WebSocket route. One object may serve one connection or all of a loop's.
///
/// Every method is called on the connection's loop, which serves no one else meanwhile: compute, but
/// never wait. A class and not a protocol, so that a message costs one call through a table and no
/// reference counting.
open class MessageHandler {
  public init() {}

  /// The connection is open; the handshake's response is on its way.
  open func opened(_ connection: borrowing Connection) {}

  /// A whole message arrived. Text has been validated as UTF-8. `message` is valid until this
  /// method returns; sending those same bytes back does not copy them when they are many.
  open func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {}

  /// Output that had gone beyond the limit has been sent down to half of it.
  open func drained(_ connection: borrowing Connection) {}

  /// The time asked for by ``Connection/wake(after:)`` has come.
  open func woken(_ connection: borrowing Connection) {}

  /// Whether a reply is still to come that was not sent yet; a drain waits for it.
  open var isBusy: Bool { false }

  /// The peer's close frame came; what it gave as code (1005 for none) and reason. ``closed(_:code:)``
  /// follows when the connection is gone.
  open func peerClosed(_ connection: borrowing Connection, code: CloseCode, reason: String) {}

  /// The connection is gone. `code` is the peer's close code, our own, or 1006 when it was cut.
  open func closed(_ connection: borrowing Connection, code: CloseCode) {}
}
