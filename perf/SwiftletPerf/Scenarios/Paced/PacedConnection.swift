// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletCore
internal import SwiftletServer

/// A connection that sends whenever it is told to, however many replies are still to come.
final class PacedConnection: ClientHandler {
  let number: UInt32
  private let thread: PacedThread
  var inFlight = InFlight(room: 1)
  /// Once it is open.
  private(set) var reference: ConnectionReference?
  /// When the phase in hand began: nanoseconds on the monotonic clock.
  private var began = monotonicNanoseconds()

  init(_ number: UInt32, of thread: PacedThread) {
    self.number = number
    self.thread = thread
  }

  override func connected() { thread.phases.end(\.connect, since: &began) }

  override func secured() { thread.phases.end(\.tls, since: &began) }

  override func opened(_ connection: borrowing Connection) {
    thread.phases.end(\.upgrade, since: &began)
    reference = connection.reference
    thread.opened(self)
  }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    thread.received(message, kind, self, at: connection.arrival)
  }

  override func failed(_ error: ConnectError) { thread.failed(error) }

  override func closed(_ connection: borrowing Connection, code: CloseCode) {
    reference = nil
    thread.closed()
  }
}
