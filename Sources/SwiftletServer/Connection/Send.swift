// SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSwiftlet
import Glibc

/// Output: replies are corked and leave in one send; what the socket does not take waits in a queue
/// of buffers.
extension Loop {
  /// Frames a message to a connection. Bytes of the message being delivered are not copied.
  func sendFrame(_ slot: Slot, opcode: swl_opcode, payload: UnsafeRawBufferPointer) {
    guard slot.pointee.phase == .open else { return }
    if opcode.rawValue < SWL_OPCODE_CLOSE.rawValue {
      state.pointee.counters.pointee.messagesSent.add(1)
    }
    assert(slot == state.pointee.current)
    if let deflater = slot.pointee.deflater, payload.count >= Compression.threshold,
      opcode.rawValue < SWL_OPCODE_CLOSE.rawValue
    {
      return sendCompressed(slot, deflater, opcode: opcode, payload: payload)
    }
    if slot.pointee.flags.contains(.client) {
      return sendMasked(slot, opcode: opcode, payload: payload)
    }
    let length = UInt64(payload.count)
    let needed = Int(SWL_FRAME_HEADER_MAX) + payload.count
    if payload.count <= Loop.corkedPayload {
      if needed > Loop.corkCapacity - state.pointee.corkCount { flushCork(slot) }
      let out = state.pointee.cork + state.pointee.corkCount
      let header = swl_frame_write_whole(out, opcode, length)
      if let bytes = payload.baseAddress { memcpy(out + header, bytes, payload.count) }
      state.pointee.corkCount += header + payload.count
    } else {
      if Int(SWL_FRAME_HEADER_MAX) > Loop.corkCapacity - state.pointee.corkCount {
        flushCork(slot)
      }
      let out = state.pointee.cork + state.pointee.corkCount
      state.pointee.corkCount += swl_frame_write_whole(out, opcode, length)
      sendLarge(slot, payload)
    }
  }

  /// Sends bytes as they are, as HTTP does.
  func sendBytes(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    if bytes.count > Loop.corkCapacity - state.pointee.corkCount {
      sendLarge(slot, bytes)
    } else {
      memcpy(state.pointee.cork + state.pointee.corkCount, start, bytes.count)
      state.pointee.corkCount += bytes.count
    }
  }

  /// Sends the cork; what does not go out waits in the queue.
  func flushCork(_ slot: Slot) {
    let count = state.pointee.corkCount
    guard count > 0 else { return }
    state.pointee.corkCount = 0
    guard slot.pointee.phase != .dead else { return }
    var sent = 0
    if slot.pointee.outputFirst == nil {
      sent = send(slot, state.pointee.cork, count)
      guard noteSent(slot, &sent) else { return }
    }
    if sent < count { enqueue(slot, state.pointee.cork + sent, count - sent) }
    noteBacklog(slot)
  }

  /// Sends the cork and `payload` behind it in one call, from where they lie.
  private func sendLarge(_ slot: Slot, _ payload: UnsafeRawBufferPointer) {
    guard slot.pointee.phase != .dead else { return }
    let corked = state.pointee.corkCount
    var sent = 0
    if slot.pointee.outputFirst == nil {
      sent = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { parts in
        parts[0] = iovec(iov_base: state.pointee.cork, iov_len: corked)
        parts[1] = iovec(
          iov_base: UnsafeMutableRawPointer(mutating: payload.baseAddress), iov_len: payload.count)
        return sendParts(slot, parts.baseAddress!, 2)
      }
      guard noteSent(slot, &sent) else {
        state.pointee.corkCount = 0
        return
      }
    }
    state.pointee.corkCount = 0
    if sent < corked {
      enqueue(slot, state.pointee.cork + sent, corked - sent)
      sent = corked
    }
    let rest = payload.count - (sent - corked)
    if rest > 0 { enqueueRest(slot, payload.baseAddress! + (payload.count - rest), rest) }
    noteBacklog(slot)
  }

  /// Counts what a send took; a refusal for now is nothing taken. False when the connection is lost.
  private func noteSent(_ slot: Slot, _ sent: inout Int) -> Bool {
    if sent >= 0 {
      state.pointee.counters.pointee.bytesSent.add(UInt64(sent))
      return true
    }
    sent = 0
    if errno == EAGAIN || errno == EINTR { return true }
    abandon(slot)
    return false
  }

  // MARK: - The queue

  private func enqueue(_ slot: Slot, _ bytes: UnsafeRawPointer, _ count: Int) {
    var bytes = bytes
    var count = count
    if let last = slot.pointee.outputLast, last.room > 0 {
      let part = min(last.room, count)
      last.append(bytes, part)
      slot.pointee.outputBytes += part
      bytes += part
      count -= part
    }
    guard count > 0 else { return }
    let buffer = state.pointee.pool.take(capacity: count)
    buffer.append(bytes, count)
    link(slot, buffer)
  }

  /// Queues the end of a large payload: by taking over its buffer when it is that of the message
  /// being delivered, else by copying.
  private func enqueueRest(_ slot: Slot, _ bytes: UnsafeRawPointer, _ count: Int) {
    if let message = state.pointee.delivering, bytes + count == UnsafeRawPointer(message.tail),
      bytes >= UnsafeRawPointer(message.front)
    {
      state.pointee.delivering = nil
      message.start = message.end - count
      link(slot, message)
    } else {
      enqueue(slot, bytes, count)
    }
  }

  func link(_ slot: Slot, _ buffer: Buffer) {
    if let last = slot.pointee.outputLast {
      last.next = buffer
    } else {
      slot.pointee.outputFirst = buffer
    }
    slot.pointee.outputLast = buffer
    slot.pointee.outputBytes += buffer.count
  }

  func discardOutput(_ slot: Slot) {
    var next = slot.pointee.outputFirst
    while let buffer = next {
      next = buffer.next
      state.pointee.pool.give(buffer)
    }
    slot.pointee.outputFirst = nil
    slot.pointee.outputLast = nil
    slot.pointee.outputBytes = 0
  }

  /// The socket takes bytes again: sends the queue, up to 16 buffers a call.
  func writable(_ slot: Slot) {
    guard flushRecords(slot) else { return }
    while slot.pointee.outputFirst != nil {
      var wanted = 0
      var sent = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 16) { parts in
        var count = 0
        var next = slot.pointee.outputFirst
        while let buffer = next, count < parts.count {
          parts[count] = iovec(iov_base: buffer.front, iov_len: buffer.count)
          wanted += buffer.count
          count += 1
          next = buffer.next
        }
        return sendParts(slot, parts.baseAddress!, count)
      }
      guard noteSent(slot, &sent) else { return }
      // The socket was full: that it takes more is a sign of life, as a first send to it is not.
      if sent > 0 { slot.pointee.lastActive = state.pointee.now }
      dequeue(slot, sent)
      if sent < wanted { break }
    }
    if slot.pointee.phase == .http && slot.pointee.outputFirst == nil {
      slot.pointee.phaseBegan = state.pointee.now
    }
    if !slot.pointee.flags.isDisjoint(with: .full),
      slot.pointee.outputBytes <= state.pointee.sendQueueLimit / 2
    {
      slot.pointee.flags.subtract(.full)
      slot.pointee.handler?._withUnsafeGuaranteedRef {
        $0.drained(Connection(loop: self, slot: slot))
      }
      resume(slot)
    }
  }

  private func dequeue(_ slot: Slot, _ count: Int) {
    var left = count
    slot.pointee.outputBytes -= count
    while left > 0, let buffer = slot.pointee.outputFirst {
      if left < buffer.count {
        buffer.start += left
        return
      }
      left -= buffer.count
      slot.pointee.outputFirst = buffer.next
      if buffer.next == nil { slot.pointee.outputLast = nil }
      state.pointee.pool.give(buffer)
    }
  }

  /// Back-pressure: a client that does not take its replies sends no more requests.
  func noteBacklog(_ slot: Slot) {
    if slot.pointee.outputBytes > state.pointee.sendQueueLimit {
      slot.pointee.flags.insert(slot.pointee.flags.contains(.client) ? .congested : .backlogged)
    }
  }
}
