// SPDX-License-Identifier: Apache-2.0

public import SwiftletServer

/// A client's connection that carries bytes as they are. In order: ``connected()``, ``secured()``, `opened`, bytes,
/// `closed`; or at any time before `opened` ``failed(_:)``, the last call then.
///
/// It is read also while too much output waits, like every client's connection: see ``ClientHandler``.
open class ClientStreamHandler: StreamHandler {
  /// The TCP connection stands; TLS's handshake is on its way, where it is spoken.
  open func connected() {}

  /// TLS stands.
  open func secured() {}

  /// There will be no connection.
  open func failed(_ error: ConnectError) {}

  func report(_ event: ConnectEvent, of server: String) {
    switch event {
    case .connected: connected()
    case .secured: secured()
    case .accepted: break
    case .failed(let failure): failed(ConnectError(failure, server))
    }
  }
}
