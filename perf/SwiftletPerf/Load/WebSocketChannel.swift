// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer

/// A load's connection as a WebSocket.
final class WebSocketChannel: ClientHandler {
  private let load: LoadConnection

  init(_ load: LoadConnection) { self.load = load }

  override func connected() { load.connected() }
  override func secured() { load.secured() }
  override func failed(_ error: ConnectError) { load.thread.failed(error) }
  override func opened(_ connection: borrowing Connection) {
    load.opened(connection, hasUpgraded: true)
  }
  override func closed(_ connection: borrowing Connection, code: CloseCode) { load.closed() }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    load.received(message, kind, connection)
  }

  override var takesParts: Bool { load.thread.plan.pattern != .push }

  override func received(
    part: RawSpan, kind: MessageKind, isLast: Bool, on connection: borrowing Connection
  ) {
    load.received(part: part, connection)
    if isLast { load.endReply(kind, connection) }
  }
}
