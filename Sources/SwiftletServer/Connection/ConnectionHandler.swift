// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore

/// What the services behind connections have in common, be it a WebSocket's (``MessageHandler``) or a byte
/// stream's (``StreamHandler``). One object may serve one connection or all of a loop's.
///
/// Every method is called on the connection's loop, which serves no one else meanwhile: compute, but
/// never wait. A class and not a protocol, so that a message costs one call through a table and no
/// reference counting.
open class ConnectionHandler {
  public init() {}

  /// The connection is open; a WebSocket's handshake response is on its way.
  open func opened(_ connection: borrowing Connection) {}

  /// Output that had gone beyond the limit has been sent down to half of it.
  open func drained(_ connection: borrowing Connection) {}

  /// The time asked for by ``Connection/wake(after:)`` has come.
  open func woken(_ connection: borrowing Connection) {}

  /// Whether a reply is still to come that was not sent yet; a drain waits for it.
  open var isBusy: Bool { false }

  /// The connection is gone. `code` is the peer's close code or our own; of a stream, whose end has no
  /// code, 1000 for the peer. 1006 is a connection that was cut.
  open func closed(_ connection: borrowing Connection, code: CloseCode) {}
}
