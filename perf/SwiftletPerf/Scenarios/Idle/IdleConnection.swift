// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletCore
internal import SwiftletServer

/// A connection that is held. There are many: it has nothing that is not needed.
final class IdleConnection: ClientHandler {
  enum State: UInt8 {
    case opening, open
    /// A ping was sent.
    case asked
    /// Its pong came.
    case live
    case wrong
    case ended
  }

  private unowned let thread: IdleThread
  /// Once it is open.
  private(set) var reference: ConnectionReference?
  /// When the phase in hand began: nanoseconds on the monotonic clock.
  private var began: UInt64
  private(set) var state = State.opening

  init(of thread: IdleThread) {
    self.thread = thread
    began = monotonicNanoseconds()
  }

  override func connected() { thread.phases.end(\.connect, since: &began) }

  override func secured() { thread.phases.end(\.tls, since: &began) }

  override func opened(_ connection: borrowing Connection) {
    thread.phases.end(\.upgrade, since: &began)
    state = .open
    reference = connection.reference
    thread.opened(self)
  }

  /// Asks whether it lives: every server must answer a ping (RFC 6455 §5.5.2).
  func ask(_ connection: borrowing Connection) {
    began = monotonicNanoseconds()
    state = .asked
    var question = began
    withUnsafeBytes(of: &question) { connection.ping($0.bytes) }
  }

  override func ponged(_ payload: RawSpan, on connection: borrowing Connection) {
    guard state == .asked else { return }
    let isRight = payload.withUnsafeBytes {
      $0.count == 8 && $0.loadUnaligned(as: UInt64.self) == began
    }
    state = isRight ? .live : .wrong
    if isRight { thread.pong.note(connection.arrival - began) }
    thread.answered()
  }

  override func failed(_ error: ConnectError) { thread.failed(error) }

  override func closed(_ connection: borrowing Connection, code: CloseCode) {
    if state == .asked { thread.answered() }
    state = .ended
    reference = nil
  }
}
