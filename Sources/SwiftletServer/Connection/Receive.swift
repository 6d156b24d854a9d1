// SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSwiftlet
import Glibc
import SwiftletCore

/// Input: bytes are read into the loop's buffer and handled there; only what cannot be used yet is
/// copied away. The rest of a large message is read straight into the message's own buffer.
extension Loop {
  /// Reads a wake-up, before other connections get their turn.
  private static let readsPerEvent = 4
  /// A large message is taken and unmasked in pieces that stay in the cache.
  private static let directRead = 256 << 10

  func readable(_ slot: Slot) {
    guard slot.pointee.flags.isDisjoint(with: .stopped) else {
      // Only an error or a hang-up is reported while reading is stopped.
      abandon(slot)
      return
    }
    if slot.pointee.phase == .securing { return queueHandshake(slot) }
    for _ in 0..<Loop.readsPerEvent {
      let more =
        switch slot.pointee.phase {
        case .http, .clientHandshake, .open, .stream, .closeSent: read(slot)
        case .lingering: discardInput(slot)
        case .free, .securing, .connecting, .finishing, .dead: false
        }
      if !more || !slot.pointee.flags.isDisjoint(with: .stopped) { return }
    }
  }

  /// One read, handled. True when the socket may hold more.
  private func read(_ slot: Slot) -> Bool {
    if let message = slot.pointee.message, slot.pointee.stash == nil {
      let remaining =
        slot.pointee.phase == .http
        ? slot.pointee.requestRemaining
        : Int(clamping: swl_receiver_remaining(&slot.pointee.frames))
      if remaining > 0 { return readDirect(slot, message, remaining) }
    }
    let held = slot.pointee.stash?.count ?? 0
    let room = Loop.receiveCapacity - held
    let count = receive(slot, state.pointee.receive + held, room)
    guard noteReceived(slot, count) else { return false }
    unstash(slot)
    process(slot, held + count, seen: held)
    return count == room
  }

  /// Reads what comes of the message or request in progress to where it belongs.
  private func readDirect(_ slot: Slot, _ message: Buffer, _ remaining: Int) -> Bool {
    var message = message
    if message.room == 0 {
      // Twice what has arrived: growth follows proof, never a header's promise.
      message = state.pointee.pool.grow(
        message, capacity: min(2 * message.capacity, message.count + remaining))
      slot.pointee.message = message
    }
    let wanted = min(remaining, message.room, Loop.directRead)
    let start = message.tail
    let count = receive(slot, start, wanted)
    guard noteReceived(slot, count) else { return false }
    if slot.pointee.phase == .http {
      requestProgressed(slot, count)
    } else {
      processFrames(slot, start, count)
    }
    return count == wanted
  }

  private func noteReceived(_ slot: Slot, _ count: Int) -> Bool {
    if count > 0 {
      // Nothing but the peer's close frame counts any more once ours is out.
      if slot.pointee.phase != .closeSent { slot.pointee.lastActive = state.pointee.now }
      state.pointee.counters.pointee.bytesReceived.add(UInt64(count))
      state.pointee.arrival = 0
      return true
    }
    if count == 0 {
      peerEnded(slot)
    } else if errno != EAGAIN && errno != EINTR {
      abandon(slot)
    }
    return false
  }

  /// Handles `count` bytes in the receive buffer, of which `seen` were looked at before.
  private func process(_ slot: Slot, _ count: Int, seen: Int) {
    switch slot.pointee.phase {
    case .http: processHTTP(slot, state.pointee.receive, count, seen: seen)
    case .clientHandshake: processResponse(slot, state.pointee.receive, count, seen: seen)
    case .stream: processStream(slot, state.pointee.receive, count)
    default: processFrames(slot, state.pointee.receive, count)
    }
  }

  /// Goes on with a connection whose reading was stopped: first with what it had already sent.
  func resume(_ slot: Slot) {
    guard slot.pointee.flags.isDisjoint(with: .stopped), let stash = slot.pointee.stash else {
      return
    }
    let held = stash.count
    state.pointee.arrival = 0
    unstash(slot)
    process(slot, held, seen: 0)
  }

  /// Keeps input that cannot be used yet.
  func stash(_ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ count: Int) {
    guard count > 0 else { return }
    let buffer = state.pointee.pool.take(capacity: count)
    buffer.append(bytes, count)
    slot.pointee.stash = buffer
  }

  /// Puts what was kept in front of the receive buffer, where its rest lies or nothing.
  private func unstash(_ slot: Slot) {
    guard let stash = slot.pointee.stash else { return }
    memcpy(state.pointee.receive, stash.front, stash.count)
    slot.pointee.stash = nil
    state.pointee.pool.give(stash)
  }

  // MARK: - Frames

  func processFrames(_ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ count: Int) {
    var bytes = bytes
    var left = count
    var event = swl_event()
    var events = 0
    // Also with nothing left: the end of a message is an event of its own, without bytes.
    while slot.pointee.flags.isDisjoint(with: .stopped) && slot.pointee.phase.readsFrames {
      var consumed = 0
      let kind = swl_receiver_read(&slot.pointee.frames, bytes, left, &consumed, &event)
      bytes += consumed
      left -= consumed
      if kind <= 0 {
        if kind < 0 { fail(slot, error: kind) }
        break
      }
      // After our close frame the peer's data no longer matters, only its close frame.
      let listening = slot.pointee.phase == .open
      switch swl_event_kind(rawValue: UInt32(kind)) {
      case SWL_EVENT_MESSAGE where listening:
        let payload = UnsafeRawBufferPointer(start: event.data, count: event.size)
        if event.compressed {
          deliverCompressed(slot, payload, event.opcode)
        } else {
          deliver(slot, payload, event.opcode)
        }
      case SWL_EVENT_BEGIN where listening:
        if event.compressed || !takesParts(slot) {
          slot.pointee.message = state.pointee.pool.take(
            promised: Int(clamping: event.frame_size), unproven: max(Loop.leastCapacity, 2 * left))
          slot.pointee.phaseBegan = state.pointee.now
        }
      case SWL_EVENT_DATA where listening:
        if slot.pointee.message == nil { deliverPart(slot, event) } else { gather(slot, event) }
      case SWL_EVENT_END where listening:
        if slot.pointee.message == nil {
          deliverPart(slot, event, isLast: true)
        } else {
          deliverGathered(slot, event)
        }
      case SWL_EVENT_PING where listening && !slot.pointee.flags.contains(.congested):
        sendFrame(
          slot, opcode: SWL_OPCODE_PONG,
          payload: UnsafeRawBufferPointer(start: event.data, count: event.size))
      case SWL_EVENT_PONG where listening:
        let payload = UnsafeRawBufferPointer(start: event.data, count: event.size)
        messageHandler(slot)?._withUnsafeGuaranteedRef {
          $0.ponged(payload.bytes, on: Connection(loop: self, slot: slot))
        }
      case SWL_EVENT_CLOSE: peerClosed(slot, event)
      default: break
      }
      // A compressed message is much work for few bytes.
      events += event.compressed ? Loop.eventsPerLook : 1
      // Not with nothing left, when the end of a message may be all that is still to come.
      if events >= Loop.eventsPerLook && left > 0 {
        events = 0
        yieldIfOvertime(slot)
      }
    }
    if slot.pointee.phase.readsFrames {
      stash(slot, bytes, left)
    }
  }

  /// Adds a piece to the message in progress; a piece read straight to its place is there already.
  private func gather(_ slot: Slot, _ event: swl_event) {
    guard let data = event.data else { return }
    var message = slot.pointee.message!
    if UnsafeMutableRawPointer(data) == message.tail {
      message.end += event.size
      return
    }
    if message.room < event.size {
      message = state.pointee.pool.grow(
        message, capacity: max(2 * message.capacity, message.count + event.size))
      slot.pointee.message = message
    }
    message.append(data, event.size)
  }

  private func deliverGathered(_ slot: Slot, _ event: swl_event) {
    let message = slot.pointee.message!
    slot.pointee.message = nil
    guard event.compressed else { return deliver(slot, message, event.opcode) }
    deliverCompressed(
      slot, UnsafeRawBufferPointer(start: message.front, count: message.count), event.opcode)
    state.pointee.pool.give(message)
  }

  private func takesParts(_ slot: Slot) -> Bool {
    messageHandler(slot)?._withUnsafeGuaranteedRef { $0.takesParts } ?? false
  }

  private func deliverPart(_ slot: Slot, _ event: swl_event, isLast: Bool = false) {
    if isLast { state.pointee.counters.pointee.messagesReceived.add(1) }
    let part = UnsafeRawBufferPointer(start: event.data, count: event.size)
    messageHandler(slot)?._withUnsafeGuaranteedRef {
      $0.received(
        part: part.bytes, kind: MessageKind(opcode: event.opcode), isLast: isLast,
        on: Connection(loop: self, slot: slot))
    }
  }

  /// Delivers a message that has a buffer of its own, and gives that back unless someone took it.
  func deliver(_ slot: Slot, _ message: Buffer, _ opcode: UInt8) {
    state.pointee.delivering = message
    deliver(slot, UnsafeRawBufferPointer(start: message.front, count: message.count), opcode)
    if state.pointee.delivering != nil {
      state.pointee.delivering = nil
      state.pointee.pool.give(message)
    }
  }

  private func deliver(_ slot: Slot, _ bytes: UnsafeRawBufferPointer, _ opcode: UInt8) {
    state.pointee.counters.pointee.messagesReceived.add(1)
    messageHandler(slot)?._withUnsafeGuaranteedRef {
      $0.received(
        bytes.bytes, kind: MessageKind(opcode: opcode), on: Connection(loop: self, slot: slot))
    }
  }

  /// The handler of a WebSocket, of which no other kind was ever given one.
  @inline(__always)
  func messageHandler(_ slot: Slot) -> Unmanaged<MessageHandler>? {
    assert(!slot.pointee.flags.contains(.stream))
    return slot.pointee.handler.map { .fromOpaque($0.toOpaque()) }
  }

  /// The message being delivered as a buffer of its own: its own where it has one, else a copy.
  func takeDelivering(_ message: RawSpan) -> Buffer {
    if let buffer = state.pointee.delivering {
      state.pointee.delivering = nil
      return buffer
    }
    let buffer = state.pointee.pool.take(capacity: message.byteCount)
    message.withUnsafeBytes { if let start = $0.baseAddress { buffer.append(start, $0.count) } }
    return buffer
  }
}

extension MessageKind {
  @inline(__always)
  fileprivate init(opcode: UInt8) {
    self = opcode == SWL_OPCODE_TEXT.rawValue ? .text : .binary
  }
}
