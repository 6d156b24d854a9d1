// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer

/// One of a thread's connections: hands on to the thread what happens to it.
final class LoadConnection: ClientHandler {
  let number: UInt32
  private let thread: LoadThread
  /// Plain memory, as it is changed with every message.
  let inFlight = UnsafeMutablePointer<InFlight>.allocate(capacity: 1)
  /// Once it is open.
  private(set) var reference: ConnectionReference?
  /// Nanoseconds on the monotonic clock.
  private(set) var began: UInt64 = 0
  private var stood: UInt64 = 0

  init(_ number: UInt32, of thread: LoadThread, depth: Int) {
    self.number = number
    self.thread = thread
    inFlight.initialize(to: InFlight(room: depth))
  }

  deinit {
    inFlight.deinitialize(count: 1)
    inFlight.deallocate()
  }

  var hasRoom: Bool { inFlight.pointee.count < thread.plan.depth }

  func begins() { began = monotonicNanoseconds() }

  override func connected() {
    stood = monotonicNanoseconds()
    thread.phases.connect.note(stood - began)
  }

  override func opened(_ connection: borrowing Connection) {
    thread.phases.upgrade.note(monotonicNanoseconds() - stood)
    reference = connection.reference
    thread.opened(self, on: connection.reference.home)
  }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    thread.received(message, kind, self, connection)
  }

  override func failed(_ error: ConnectError) { thread.failed(error) }

  override func closed(_ connection: borrowing Connection, code: CloseCode) {
    reference = nil
    thread.closed(self)
  }
}
