// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletCore
internal import SwiftletServer

/// One of the connections on which messages are exchanged, and when it is short those that come after it:
/// there is never more than one at a time.
final class ExchangeConnection: ClientHandler {
  private enum State {
    case opening
    /// The reply to a message is waited for.
    case waiting(Int)
    case closing
  }

  private let thread: ExchangeThread
  private var state = State.opening
  /// The message that the connection is being opened for.
  private var first = 0
  private var times = ExchangeTimes()
  /// What has come of a reply that does not come whole.
  private var parts: [UInt8] = []

  init(of thread: ExchangeThread) { self.thread = thread }

  /// Opens a connection for the next message, if there is one.
  func begin() {
    guard let number = thread.next() else { return thread.ended() }
    first = number
    state = .opening
    times = ExchangeTimes()
    parts = []
    times.begun = monotonicNanoseconds()
    thread.connect(self)
  }

  override func connected() {
    times.stood = monotonicNanoseconds()
    thread.note { $0.connect.note(times.stood - times.begun) }
  }

  override func secured() {
    let now = monotonicNanoseconds()
    thread.note { $0.tls.note(now - times.stood) }
    times.stood = now
  }

  override func failed(_ error: ConnectError) { thread.failed(error) }

  override func opened(_ connection: borrowing Connection) {
    thread.opened()
    thread.note { $0.upgrade.note(monotonicNanoseconds() - times.stood) }
    send(first, on: connection)
  }

  private func send(_ number: Int, on connection: borrowing Connection) {
    state = .waiting(number)
    times.sent = 0
    times.firstByte = 0
    times.sending = monotonicNanoseconds()
    thread.exchanges.with(number) { connection.send($0, kind: $1) }
    connection.flush()
    if !connection.isBacklogged { times.sent = monotonicNanoseconds() }
    connection.wake(after: thread.plan.patience)
  }

  /// The kernel took what it had not taken at once.
  override func drained(_ connection: borrowing Connection) {
    times.sent = monotonicNanoseconds()
  }

  override var takesParts: Bool { true }

  override func received(
    part: RawSpan, kind: MessageKind, isLast: Bool, on connection: borrowing Connection
  ) {
    if times.firstByte == 0 { times.firstByte = connection.arrival }
    part.withUnsafeBytes { parts += $0 }
    guard isLast else { return }
    let whole = exchange(&parts, with: [])
    received(whole.span.bytes, kind: kind, on: connection)
  }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    guard case .waiting(let number) = state else { return thread.fault { $0.duplicated += 1 } }
    // A wrong one may have come before the message was sent, or before its end.
    let now = max(connection.arrival, times.sending, times.sent)
    if times.sent == 0 { times.sent = now }
    times.firstByte = times.firstByte == 0 ? now : max(times.firstByte, times.sent)
    if !thread.exchanges.isRight(message, kind, to: number) { thread.fault { $0.corrupted += 1 } }
    thread.exchanged(number, times, now)
    if thread.plan.life == .long, let next = thread.next() {
      send(next, on: connection)
    } else {
      close(connection)
    }
  }

  /// Patience has ended.
  override func woken(_ connection: borrowing Connection) {
    guard case .waiting = state else { return }
    thread.fault { $0.lost += 1 }
    close(connection)
  }

  private func close(_ connection: borrowing Connection) {
    state = .closing
    times.closing = monotonicNanoseconds()
    connection.close(.normal)
  }

  override func closed(_ connection: borrowing Connection, code: CloseCode) {
    if case .closing = state {
      let now = monotonicNanoseconds()
      thread.note {
        $0.close.note(now - times.closing)
        $0.whole.note(now - times.begun)
      }
    } else {
      thread.fault { $0.closed += 1 }
    }
    // A long one has come here before its time, or has nothing left to send.
    begin()
  }
}
