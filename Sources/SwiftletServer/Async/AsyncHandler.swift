// SPDX-License-Identifier: Apache-2.0

package import SwiftletCore

/// Feeds a connection's messages to asynchronous code.
package final class AsyncHandler: MessageHandler {
  private let inbox = AsyncInbox()
  private let isWaitedFor: Bool
  private let whenOpen: (borrowing Connection, AsyncInbox) -> Void

  /// - Parameter isWaitedFor: Whether a drain waits while the task is at work on a message.
  package init(
    isWaitedFor: Bool, whenOpen: @escaping (borrowing Connection, AsyncInbox) -> Void
  ) {
    self.isWaitedFor = isWaitedFor
    self.whenOpen = whenOpen
  }

  package override func opened(_ connection: borrowing Connection) {
    inbox.attach(connection.reference)
    whenOpen(connection, inbox)
  }

  package override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    let bytes = message.withUnsafeBytes { Array($0) }
    if inbox.put(AsyncConnection.Message(kind: kind, bytes: bytes)) { connection.pauseReading() }
  }

  package override func drained(_ connection: borrowing Connection) { inbox.drained() }

  package override var isBusy: Bool { isWaitedFor && inbox.isBusy }

  package override func peerClosed(
    _ connection: borrowing Connection, code: CloseCode, reason: String
  ) {
    inbox.peerClosed(reason: reason)
  }

  package override func closed(_ connection: borrowing Connection, code: CloseCode) {
    inbox.finish(code)
  }
}
