// SPDX-License-Identifier: Apache-2.0

import SwiftletCore

/// The way down: no new connections, every request that began is answered, then 1001.
extension Loop {
  func beginDrain() {
    guard case .no = state.pointee.drain else { return }
    state.pointee.drain = .began(state.pointee.now)
    // The last stretch is cut in twentieths: see enforceDrain.
    let step = max(1, state.pointee.deadlines.drain / 20)
    state.pointee.sweepInterval = min(state.pointee.sweepInterval, step)
    for number in state.pointee.listeners.indices { acceptLastConnections(from: number) }
    stopListening()
    // What has arrived but was not read yet counts as a request that began.
    forEachConnection { slot in
      perform(on: slot) {
        if slot.pointee.flags.isDisjoint(with: .stopped) { readable(slot) }
        if isResting(slot) || isUnsaid(slot) { enter(slot, .finishing) }
        if slot.pointee.isConnecting { failConnecting(slot, .shutDown) }
      }
    }
  }

  /// Whether an HTTP connection has nothing under way.
  func isResting(_ slot: Slot) -> Bool {
    slot.pointee.phase == .http && slot.pointee.stash == nil && slot.pointee.message == nil
      && !slot.pointee.flags.contains(.awaitsAnswer)
  }

  /// Sends 1001 once nothing of this connection is under way.
  func drainIfIdle(_ slot: Slot) {
    guard case .began = state.pointee.drain else { return }
    let busy =
      slot.pointee.message != nil || slot.pointee.stash != nil || hasOutput(slot)
      || slot.pointee.handler?._withUnsafeGuaranteedRef({ $0.isBusy }) == true
    if busy { return }
    goAway(slot)
    flushCork(slot)
  }

  private func goAway(_ slot: Slot) {
    let isClient = slot.pointee.flags.contains(.client)
    startClose(
      slot, code: .goingAway,
      reason: isClient ? "the client is shutting down" : "the server is shutting down")
  }

  /// Near the drain deadline those that did not finish are told so; just before it they are cut, so
  /// that the process ends within it.
  func enforceDrain(since start: UInt32) {
    let limit = state.pointee.deadlines.drain
    let spent = elapsed(since: start)
    let isLate = spent >= limit - limit / 5
    let isOver = spent >= limit - limit / 10
    forEachConnection { slot in
      // Settling a connection also finds out that an asynchronous handler has become idle.
      perform(on: slot) {
        if isLate {
          goAway(slot)
          if !slot.pointee.flags.isDisjoint(with: [.awaitsAnswer, .awaitsAccess]) {
            refuse(slot, .serviceUnavailable, "The server is shutting down.")
          }
        }
        if isOver {
          flushCork(slot)
          abandon(slot)
        }
      }
    }
  }

  /// Whether there is nothing left to do. A task that does not end by the deadline is left behind.
  var isDrained: Bool {
    guard case .began(let start) = state.pointee.drain, state.pointee.table.count == 0 else {
      return false
    }
    let limit = state.pointee.deadlines.drain
    return state.pointee.tasks == 0 || elapsed(since: start) >= limit - limit / 10
  }

  func forEachConnection(_ body: (Slot) -> Void) {
    for index in 0..<state.pointee.table.capacity {
      let slot = state.pointee.table[index]
      if slot.pointee.phase != .free { body(slot) }
    }
  }
}
