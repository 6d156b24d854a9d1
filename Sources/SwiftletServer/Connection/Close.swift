// SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSwiftlet
import Glibc
import SwiftletCore

/// The ways a connection ends (RFC 6455 §7).
extension Loop {
  /// Begins the close handshake; the peer has until the close deadline to answer. A stream ends behind what
  /// still waits to be sent.
  func startClose(_ slot: Slot, code: CloseCode, reason: String = "") {
    if slot.pointee.phase == .stream {
      slot.pointee.closeCode = code.rawValue
      slot.pointee.flags.remove(.held)
      return enter(slot, .lingering)
    }
    guard slot.pointee.phase == .open else { return }
    var reason = reason
    reason.withUTF8 {
      sendClose(slot, code: code.rawValue, reason: UnsafeRawBufferPointer($0))
    }
    slot.pointee.closeCode = code.rawValue
    enter(slot, .closeSent)
    dropMessage(slot)
    // The peer's answer must be read, even where its messages were not.
    slot.pointee.flags.remove(.held)
  }

  /// The peer's close frame: answered with its own code (§5.5.1), or the end of our own handshake.
  func peerClosed(_ slot: Slot, _ event: swl_event) {
    if slot.pointee.phase == .open {
      slot.pointee.closeCode = event.close_code
      sendClose(
        slot, code: event.close_code == 1005 ? nil : event.close_code,
        reason: UnsafeRawBufferPointer(start: nil, count: 0))
    }
    enter(slot, slot.pointee.flags.contains(.client) ? .lingering : .finishing)
    let reason = UnsafeRawBufferPointer(start: event.data, count: event.size)
    messageHandler(slot)?._withUnsafeGuaranteedRef {
      $0.peerClosed(
        Connection(loop: self, slot: slot), code: CloseCode(rawValue: event.close_code),
        reason: String(decoding: reason, as: UTF8.self))
    }
  }

  /// The peer broke the protocol: says which rule by the close code, then hears no more.
  func fail(_ slot: Slot, error: Int32) {
    let code = swl_error_close_code(error)
    if slot.pointee.phase == .open {
      let reason = swl_strerror(error)!
      sendClose(
        slot, code: code, reason: UnsafeRawBufferPointer(start: reason, count: strlen(reason)))
      slot.pointee.closeCode = code
      state.pointee.counters.pointee.protocolErrors.add(1)
      state.pointee.logger.debug(
        "closing a connection: \(String(cString: reason))", metadata: metadata(slot))
    }
    dropMessage(slot)
    enter(slot, .lingering)
  }

  private func sendClose(_ slot: Slot, code: UInt16?, reason: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(byteCount: Int(SWL_CONTROL_PAYLOAD_MAX), alignment: 2) {
      payload in
      var size = 0
      if let code {
        payload.storeBytes(of: code.bigEndian, as: UInt16.self)
        size = 2 + min(reason.count, payload.count - 2)
        for index in 2..<size { payload[index] = reason[index - 2] }
      }
      sendFrame(
        slot, opcode: SWL_OPCODE_CLOSE, payload: UnsafeRawBufferPointer(rebasing: payload[..<size]))
    }
  }

  /// The peer sends no more. Replies on their way are still sent: a half-closed socket takes them.
  func peerEnded(_ slot: Slot) {
    if slot.pointee.phase == .stream { slot.pointee.closeCode = CloseCode.normal.rawValue }
    enter(slot, .finishing)
  }

  /// The connection is lost; nothing can be sent.
  func abandon(_ slot: Slot) {
    discardOutput(slot)
    slot.pointee.phase = .dead
  }

  func enter(_ slot: Slot, _ phase: Phase) {
    guard slot.pointee.phase != .dead else { return }
    slot.pointee.phase = phase
    slot.pointee.phaseBegan = state.pointee.now
  }

  private func dropMessage(_ slot: Slot) {
    guard let message = slot.pointee.message else { return }
    slot.pointee.message = nil
    state.pointee.pool.give(message)
  }

  /// When the last byte is out: closes, or shuts the sending side and waits for the peer to.
  func finishIfSent(_ slot: Slot) {
    guard slot.pointee.outputFirst == nil else { return }
    switch slot.pointee.phase {
    case .finishing where endTLS(slot): slot.pointee.phase = .dead
    case .lingering where mayShut(slot) && endTLS(slot):
      slot.pointee.flags.insert(.shut)
      shutdown(slot.pointee.fd, Int32(SHUT_WR))
    default: break
    }
  }

  private func mayShut(_ slot: Slot) -> Bool {
    let flags = slot.pointee.flags
    return !flags.contains(.shut) && (!flags.contains(.client) || flags.contains(.stream))
  }

  /// Reads and forgets. True when there may be more.
  func discardInput(_ slot: Slot) -> Bool {
    let count = receive(slot, state.pointee.receive, Loop.receiveCapacity)
    if count > 0 { return count == Loop.receiveCapacity }
    if count == 0 {
      peerEnded(slot)
    } else if errno != EAGAIN {
      abandon(slot)
    }
    return false
  }
}
