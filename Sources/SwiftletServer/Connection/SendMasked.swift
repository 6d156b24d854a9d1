// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// A client's output: every frame is masked with a key of its own (RFC 6455 §5.3), while it is copied
/// to where it is sent from. The sender's bytes stay as they are.
extension Loop {
  /// Frames and masks a message for the server; see ``sendFrame(_:opcode:payload:)``.
  func sendMasked(_ slot: Slot, opcode: swl_opcode, payload: UnsafeRawBufferPointer) {
    guard var key = maskingKey(slot) else { return }
    let header = Int(SWL_FRAME_HEADER_MAX)
    if header + min(payload.count, Loop.corkedPayload) > Loop.corkCapacity - state.pointee.corkCount
    {
      flushCork(slot)
    }
    var frame = swl_frame()
    frame.fin = true
    frame.opcode = UInt8(opcode.rawValue)
    frame.masked = true
    frame.mask = key
    frame.length = UInt64(payload.count)
    state.pointee.corkCount += swl_frame_write(
      state.pointee.cork + state.pointee.corkCount, &frame)

    // As much as the socket takes goes through the cork, a piece at a time that stays in the cache.
    var rest = payload
    while true {
      let part = min(rest.count, Loop.corkCapacity - state.pointee.corkCount)
      key = swl_mask_copy(
        state.pointee.cork + state.pointee.corkCount, rest.baseAddress, part, key)
      state.pointee.corkCount += part
      rest = UnsafeRawBufferPointer(rebasing: rest[part...])
      if rest.isEmpty { return }
      flushCork(slot)
      if slot.pointee.phase == .dead { return }
      if slot.pointee.outputFirst != nil { break }
    }
    let buffer = state.pointee.pool.take(capacity: rest.count)
    _ = swl_mask_copy(buffer.tail, rest.baseAddress, rest.count, key)
    buffer.end = rest.count
    link(slot, buffer)
    noteBacklog(slot)
  }

  /// A key nobody can foresee (§10.3); without one the connection ends, since nothing may be sent.
  func maskingKey(_ slot: Slot) -> UInt32? {
    var key: UInt32 = 0
    guard swl_random_fill(state.pointee.random, &key, 4) == 0 else {
      abandon(slot)
      return nil
    }
    return key
  }
}
