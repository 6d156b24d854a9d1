// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// What the two ends of a connection agree on in the handshake (RFC 7692 §5).
extension Loop {
  /// Answers a client's offers: writes the value of the response's Sec-WebSocket-Extensions to
  /// `value` and gives the connection its contexts. False when the response has no such field.
  func agreeOnCompression(
    _ slot: Slot, _ compression: Compression, _ head: borrowing swl_http_request,
    _ value: UnsafeMutablePointer<CChar>
  ) throws(Refusal) -> Bool {
    guard var options = compression.options else { return false }
    var fields = head.fields
    var agreement = swl_deflate_agreement()
    var agreed = swl_deflate_accept(&fields, &options, value, &agreement)
    if agreed == 1, !agreement.client_without_takeover,
      agreement.client_window_bits > options.client_window_bits
    {
      // A client that cannot be told its window's size: a context of our own would break the limit
      // on memory.
      options.client_without_takeover = true
      agreed = swl_deflate_accept(&fields, &options, value, &agreement)
    }
    guard agreed >= 0 else {
      throw Refusal(.badRequest, "The field Sec-WebSocket-Extensions is malformed.")
    }
    return agreed == 1
      && startCompression(
        slot, agreement, role: SWL_ROLE_SERVER, memoryLevel: options.memory_level)
  }

  /// Gives a connection the contexts for what was agreed on: shared ones where they hold nothing
  /// between messages, else its own. False when there is no memory.
  func startCompression(
    _ slot: Slot, _ agreement: swl_deflate_agreement, role: swl_role, memoryLevel: Int32
  ) -> Bool {
    let isServer = role == SWL_ROLE_SERVER
    let ours = isServer ? agreement.server_window_bits : agreement.client_window_bits
    let theirs = isServer ? agreement.client_window_bits : agreement.server_window_bits
    let forget = isServer ? agreement.server_without_takeover : agreement.client_without_takeover
    let theyForget =
      isServer ? agreement.client_without_takeover : agreement.server_without_takeover
    let limit = state.pointee.limits.pointee.max_message_size

    if theyForget {
      slot.pointee.inflater = state.pointee.contexts.inflater(maxMessageSize: limit)
    } else {
      slot.pointee.inflater = makeInflater(
        windowBits: Int32(theirs), takeover: true, maxMessageSize: limit)
      slot.pointee.flags.insert(.ownsInflater)
    }
    // zlib has no window of 8 bits: with that one this end sends everything as it is.
    if SharedContexts.windowBits.contains(Int32(ours)) {
      if forget {
        slot.pointee.deflater = state.pointee.contexts.deflater(windowBits: Int32(ours))
      } else {
        slot.pointee.deflater = makeDeflater(
          windowBits: Int32(ours), takeover: true, level: Compression.ownLevel,
          memoryLevel: memoryLevel)
        slot.pointee.flags.insert(.ownsDeflater)
      }
      guard slot.pointee.deflater != nil else {
        endCompression(slot)
        return false
      }
    }
    return slot.pointee.inflater != nil
  }

  func endCompression(_ slot: Slot) {
    if slot.pointee.flags.contains(.ownsInflater) { swl_inflater_free(slot.pointee.inflater) }
    if slot.pointee.flags.contains(.ownsDeflater) { swl_deflater_free(slot.pointee.deflater) }
    slot.pointee.inflater = nil
    slot.pointee.deflater = nil
    slot.pointee.flags.subtract([.ownsInflater, .ownsDeflater])
  }
}
