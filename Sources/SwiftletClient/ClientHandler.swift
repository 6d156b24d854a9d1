// SPDX-License-Identifier: Apache-2.0

public import SwiftletServer

/// The synchronous face of a client's connection: a handler that is also told how the connection comes
/// about. In order: ``connected()``, ``secured()``, ``accepted(_:)``, `opened`, messages, `closed`; or at any time
/// before `opened` ``failed(_:)``, the last call then.
///
/// Every method is called on the connection's loop. Unlike a server's connection a client's is read
/// also while too much output waits: who sends in answer to messages looks at
/// `Connection.isBacklogged` and pauses reading.
open class ClientHandler: MessageHandler {
  /// The TCP connection stands; the handshake's request is on its way, or TLS's handshake before it.
  open func connected() {}

  /// TLS stands, of a wss URL; the request is on its way.
  open func secured() {}

  /// The server agreed to the handshake.
  open func accepted(_ agreement: HandshakeAgreement) {}

  /// There will be no connection.
  open func failed(_ error: ConnectError) {}

  func report(_ event: ConnectEvent, of server: String) {
    switch event {
    case .connected: connected()
    case .secured: secured()
    case .accepted(let agreement): accepted(agreement)
    case .failed(let failure): failed(ConnectError(failure, server))
    }
  }
}
