// SPDX-License-Identifier: Apache-2.0

import SwiftletCore

/// The way down: no new connections, every request that began is answered, then 1001.
extension Loop {
  func beginDrain() {
    guard case .no = state.pointee.drain else { return }
    state.pointee.drain = .began(state.pointee.now)
    stopListening()
    // What has arrived but was not read yet counts as a request that began.
    forEachConnection { slot in
      perform(on: slot) {
        if slot.pointee.flags.isDisjoint(with: .stopped) { readable(slot) }
        if slot.pointee.phase == .http && slot.pointee.stash == nil { enter(slot, .finishing) }
      }
    }
  }

  /// Sends 1001 once nothing of this connection is under way.
  func drainIfIdle(_ slot: Slot) {
    guard case .began = state.pointee.drain else { return }
    let busy =
      slot.pointee.message != nil || slot.pointee.stash != nil || slot.pointee.outputFirst != nil
      || slot.pointee.handler?._withUnsafeGuaranteedRef({ $0.isBusy }) == true
    if busy { return }
    startClose(slot, code: .goingAway, reason: "the server is shutting down")
    flushCork(slot)
  }

  /// Near the drain deadline those that did not finish are told so; at the deadline they are cut.
  func enforceDrain(since start: UInt32) {
    let limit = state.pointee.configuration.deadlines.drain
    let spent = elapsed(since: start)
    if spent >= limit {
      forEachConnection { slot in perform(on: slot) { abandon(slot) } }
    } else if spent >= limit - limit / 5 {
      forEachConnection { slot in
        guard slot.pointee.phase == .open else { return }
        perform(on: slot) {
          startClose(slot, code: .goingAway, reason: "the server is shutting down")
        }
      }
    }
  }

  var isDrained: Bool {
    if case .began = state.pointee.drain { return state.pointee.table.count == 0 }
    return false
  }

  private func forEachConnection(_ body: (Slot) -> Void) {
    for index in 0..<state.pointee.table.capacity {
      let slot = state.pointee.table[index]
      if slot.pointee.phase != .free { body(slot) }
    }
  }
}
