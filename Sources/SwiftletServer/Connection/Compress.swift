// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// Compressed messages (RFC 7692 §6) on their way out and in.
extension Loop {
  /// Compresses a message and sends it in one frame.
  func sendCompressed(
    _ slot: Slot, _ deflater: OpaquePointer, opcode: swl_opcode, payload: UnsafeRawBufferPointer
  ) {
    // Room for the header is left in front; its size is known when the payload is compressed.
    let room = Int(SWL_FRAME_HEADER_MAX)
    var buffer = state.pointee.pool.take(capacity: room + swl_deflate_bound(payload.count))
    buffer.start = room
    buffer.end = room
    var rest = payload
    while true {
      var progress = swl_progress()
      let result = swl_deflate(
        deflater, rest.baseAddress, rest.count, true, buffer.tail, buffer.room, &progress)
      buffer.end += progress.written
      rest = UnsafeRawBufferPointer(rebasing: rest[progress.consumed...])
      if result == 1 { break }
      precondition(result == 0, "a compressing context failed: \(result)")
      buffer = state.pointee.pool.grow(buffer, capacity: 2 * buffer.capacity)
    }
    withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { header in
      var frame = swl_frame()
      frame.fin = true
      frame.reserved = 4
      frame.opcode = UInt8(opcode.rawValue)
      frame.length = UInt64(buffer.count)
      if slot.pointee.flags.contains(.client), let key = maskingKey(slot) {
        frame.masked = true
        frame.mask = key
        swl_mask(buffer.front, buffer.count, key)
      }
      let size = swl_frame_write(header.baseAddress, &frame)
      buffer.start -= size
      buffer.front.copyMemory(from: header.baseAddress!, byteCount: size)
    }
    sendBytes(slot, UnsafeRawBufferPointer(start: buffer.front, count: buffer.count))
    state.pointee.pool.give(buffer)
  }

  /// Decompresses a whole message and delivers it.
  func deliverCompressed(_ slot: Slot, _ payload: UnsafeRawBufferPointer, _ opcode: UInt8) {
    let limit = Int(clamping: state.pointee.limits.pointee.max_message_size)
    var message = state.pointee.pool.take(
      capacity: max(Loop.leastCapacity, min(4 * payload.count, limit)))
    var rest = payload
    while true {
      var progress = swl_progress()
      let result = swl_inflate(
        slot.pointee.inflater, rest.baseAddress, rest.count, true, message.tail, message.room,
        &progress)
      message.end += progress.written
      rest = UnsafeRawBufferPointer(rebasing: rest[progress.consumed...])
      if result == 1 { break }
      if result < 0 {
        swl_inflater_reset(slot.pointee.inflater)
        state.pointee.pool.give(message)
        return fail(slot, error: result)
      }
      message = state.pointee.pool.grow(message, capacity: 2 * message.capacity)
    }
    if opcode == SWL_OPCODE_TEXT.rawValue, !swl_utf8_valid(message.front, message.count) {
      state.pointee.pool.give(message)
      return fail(slot, error: SWL_ERROR_UTF8.rawValue)
    }
    deliver(slot, message, opcode)
  }
}
