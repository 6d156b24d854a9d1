// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// Deadlines: one coarse walk over all connections instead of a timer for each.
extension Loop {
  private static let trimInterval: UInt32 = 5000

  func sweep() {
    state.pointee.lastSweep = state.pointee.now
    resumeAccepting()
    let isTick = elapsed(since: state.pointee.lastTick) >= 1000
    if isTick {
      state.pointee.lastTick = state.pointee.now
      state.pointee.counters.pointee.use.endWindow()
    }
    var queued = 0
    var paused: UInt64 = 0
    if state.pointee.table.count > 0 {
      for index in 0..<state.pointee.table.capacity {
        let slot = state.pointee.table[index]
        if isTick { swl_receiver_tick(&slot.pointee.frames) }
        guard slot.pointee.phase != .free else { continue }
        check(slot)
        queued += slot.pointee.outputBytes
        if !slot.pointee.flags.isDisjoint(with: .paused) { paused += 1 }
      }
    }
    state.pointee.counters.pointee.use.queuedBytes.set(UInt64(queued))
    state.pointee.counters.pointee.use.paused.set(paused)
    state.pointee.counters.pointee.use.messageMemory.set(UInt64(state.pointee.pool.lentBytes))
    if elapsed(since: state.pointee.lastTrim) >= Loop.trimInterval {
      state.pointee.lastTrim = state.pointee.now
      state.pointee.pool.trim()
    }
    if case .began(let start) = state.pointee.drain { enforceDrain(since: start) }
  }

  private func check(_ slot: Slot) {
    let limits = state.pointee.deadlines
    switch slot.pointee.phase {
    case .http:
      if hasOutput(slot) {
        // The client takes its time over a response, and requests behind it wait for that.
        if elapsed(since: slot.pointee.lastActive) >= limits.idle {
          perform(on: slot) { abandon(slot) }
        }
        return
      }
      if slot.pointee.flags.contains(.awaitsAnswer) { return }
      if let body = slot.pointee.message {
        // A body may take its time, as long as it comes at a fair rate: a byte a millisecond.
        let allowed = UInt64(limits.handshake) + UInt64(body.count)
        if elapsed(since: slot.pointee.lastActive) >= limits.idle
          || elapsed(since: slot.pointee.phaseBegan) >= allowed
        {
          perform(on: slot) {
            state.pointee.counters.pointee.handshakeTimeouts.add(1)
            refuse(slot, .requestTimeout)
          }
        }
        return
      }
      // A head in progress has the handshake deadline; a connection kept alive may rest.
      let resting = isResting(slot) && slot.pointee.flags.contains(.keptAlive)
      let limit = resting ? limits.idle : limits.handshake
      guard elapsed(since: slot.pointee.phaseBegan) >= limit else { return }
      perform(on: slot) {
        if resting { return enter(slot, .finishing) }
        state.pointee.counters.pointee.handshakeTimeouts.add(1)
        refuse(slot, .requestTimeout)
      }
    case .securing where !slot.pointee.flags.contains(.client): checkSecuring(slot)
    case .connecting, .securing, .clientHandshake: checkConnecting(slot)
    case .open, .stream: checkOpen(slot, limits)
    case .closeSent, .finishing, .lingering:
      var overdue = elapsed(since: slot.pointee.phaseBegan)
      if hasOutput(slot) {
        // A slow reader may take its time over what is queued, as long as it goes on reading.
        overdue = min(overdue, elapsed(since: slot.pointee.lastActive))
      }
      if overdue >= limits.close { perform(on: slot) { abandon(slot) } }
    case .free, .dead: break
    }
  }

  private func checkOpen(_ slot: Slot, _ limits: LoopConfiguration.Deadlines) {
    if slot.pointee.alarm != 0, Int32(bitPattern: elapsed(since: slot.pointee.alarm)) >= 0 {
      slot.pointee.alarm = 0
      perform(on: slot) {
        slot.pointee.handler?._withUnsafeGuaranteedRef {
          $0.woken(Connection(loop: self, slot: slot))
        }
      }
      guard slot.pointee.phase.isOpen else { return }
    }
    let silence = elapsed(since: slot.pointee.lastActive)
    // What a paused connection sends is not seen: its silence says nothing.
    if silence >= limits.idle && !slot.pointee.flags.contains(.held) {
      perform(on: slot) {
        if !hasOutput(slot) {
          startClose(slot, code: .goingAway, reason: "no sign of life within the idle timeout")
        } else {
          // It does not even take what it was sent: a close frame would only wait behind that.
          abandon(slot)
        }
      }
    } else if slot.pointee.phase == .open, silence >= limits.ping,
      elapsed(since: slot.pointee.lastPing) >= limits.ping
    {
      slot.pointee.lastPing = state.pointee.now
      perform(on: slot) {
        sendFrame(
          slot, opcode: SWL_OPCODE_PING, payload: UnsafeRawBufferPointer(start: nil, count: 0))
      }
    }
  }
}
