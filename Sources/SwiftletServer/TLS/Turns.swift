// SPDX-License-Identifier: Apache-2.0

import CTLS
import SwiftletCore

/// Connections the loop comes back to by itself. Sessions whose socket is empty may still hold input, of which epoll
/// knows nothing, as of what a connection has left that gave way to others; and handshakes wait here until the
/// connections that are open have been served, so that a storm of new ones delays those by ``handshakeTime`` a turn
/// and one handshake more.
extension Loop {
  /// Nanoseconds a turn in which handshakes are advanced, each as far as its input allows: with a 2048-bit RSA key
  /// one takes about as long.
  private static let handshakeTime: UInt64 = 1_000_000

  @inline(__always)
  var hasTurns: Bool { !state.pointee.unread.isEmpty || hasHandshakes }

  private var hasHandshakes: Bool {
    !state.pointee.newHandshakes.isEmpty || !state.pointee.begunHandshakes.isEmpty
  }

  func runTurns() {
    runUnread()
    runHandshakes()
  }

  // MARK: - Input without an event

  /// Notes a connection that has input left in its session.
  @inline(__always)
  func queueIfUnread(_ slot: Slot) {
    if let session = slot.pointee.tls, tls_has_more(session), mayRead(slot) { queue(slot) }
  }

  func queue(_ slot: Slot) {
    guard !slot.pointee.flags.contains(.queued) else { return }
    slot.pointee.flags.insert(.queued)
    state.pointee.unread.append(slot.token)
  }

  private func mayRead(_ slot: Slot) -> Bool {
    slot.pointee.phase != .finishing && slot.pointee.flags.isDisjoint(with: .stopped)
  }

  private func runUnread() {
    // Those that are queued again have their turn after the next events.
    let count = state.pointee.unread.count
    for index in 0..<count {
      guard let slot = state.pointee.table.find(state.pointee.unread[index]) else { continue }
      let hasYielded = slot.pointee.flags.contains(.yielded)
      slot.pointee.flags.subtract([.queued, .yielded])
      perform(on: slot) {
        // Asked again: it may have been stopped since.
        if hasYielded { resume(slot) } else if mayRead(slot) { readable(slot) }
      }
    }
    state.pointee.unread.removeFirst(count)
  }

  // MARK: - Handshakes

  func queueHandshake(_ slot: Slot) {
    guard !slot.pointee.flags.contains(.queued) else { return }
    slot.pointee.flags.insert(.queued)
    if slot.pointee.tls == nil {
      state.pointee.newHandshakes.append(slot.token)
    } else {
      state.pointee.begunHandshakes.append(slot.token)
    }
  }

  /// Whether its input need not be announced again.
  @inline(__always)
  func isQueuedForHandshake(_ slot: Slot) -> Bool {
    slot.pointee.phase == .securing && slot.pointee.flags.contains(.queued)
  }

  private func runHandshakes() {
    guard hasHandshakes else { return }
    let began = monotonicNanoseconds()
    while let token = nextHandshake() {
      guard let slot = state.pointee.table.find(token), slot.pointee.phase == .securing else {
        continue
      }
      slot.pointee.flags.remove(.queued)
      perform(on: slot) { advanceHandshake(slot) }
      if monotonicNanoseconds() - began >= Loop.handshakeTime { return }
    }
  }
  /// New ones and those that were begun by turns: were those first that were begun, clients that trickle would keep
  /// out all others, and the other way round a storm would let nobody end.
  private func nextHandshake() -> Token? {
    state.pointee.isNewNext.toggle()
    if state.pointee.isNewNext, let token = state.pointee.newHandshakes.popFirst() { return token }
    return state.pointee.begunHandshakes.popFirst() ?? state.pointee.newHandshakes.popFirst()
  }
}
