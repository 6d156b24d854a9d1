// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer

/// One of a thread's connections, whatever its transport.
final class LoadConnection {
  let number: UInt32
  /// The number of the connection whose messages come here.
  let hears: UInt32
  let thread: LoadThread
  /// Plain memory, as it is changed with every message.
  let inFlight = UnsafeMutablePointer<InFlight>.allocate(capacity: 1)
  /// The reply that is coming in parts.
  let parts = UnsafeMutablePointer<ReplyParts>.allocate(capacity: 1)
  /// Once it is open.
  private(set) var reference: ConnectionReference?
  /// When the phase in hand began: nanoseconds on the monotonic clock.
  private var began: UInt64 = 0
  private var isClosing = false

  init(_ number: UInt32, of thread: LoadThread) {
    self.number = number
    hears = thread.plan.pattern == .fanout ? 0 : number
    self.thread = thread
    inFlight.initialize(to: InFlight(room: thread.plan.depth))
    parts.initialize(to: thread.newParts())
  }

  deinit {
    inFlight.deinitialize(count: 1)
    inFlight.deallocate()
    parts.deinitialize(count: 1)
    parts.deallocate()
  }

  var hasRoom: Bool { inFlight.pointee.count < thread.plan.depth }

  // MARK: - Phases

  func begins() { began = monotonicNanoseconds() }

  func connected() { thread.phases.end(\.connect, since: &began) }

  func secured() { thread.phases.end(\.tls, since: &began) }

  func opened(_ connection: borrowing Connection, hasUpgraded: Bool) {
    if hasUpgraded { thread.phases.end(\.upgrade, since: &began) }
    reference = connection.reference
    thread.opened(self, on: connection.reference.home)
  }

  func close(_ connection: borrowing Connection) {
    isClosing = true
    began = monotonicNanoseconds()
    connection.close(.normal)
  }

  func closed() {
    reference = nil
    if isClosing { thread.phases.end(\.close, since: &began) }
    thread.closed(self)
  }

  // MARK: - Replies

  @inline(__always)
  func received(_ reply: RawSpan, _ kind: MessageKind, _ connection: borrowing Connection) {
    // Without counting references, as with every message.
    Unmanaged.passUnretained(thread)._withUnsafeGuaranteedRef {
      $0.received(reply, kind, self, connection)
    }
  }

  func received(part: RawSpan, _ connection: borrowing Connection) {
    thread.received(part: part, self, connection)
  }

  func endReply(_ kind: MessageKind, _ connection: borrowing Connection) {
    thread.endReply(kind, self, connection)
  }
}
