// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import SwiftletCore

/// The client's opening handshake on a connection that stands (RFC 6455 §4.1).
extension Loop {
  func sendRequest(_ slot: Slot, _ attempt: ConnectAttempt) {
    var size = swl_key_new(state.pointee.random, &attempt.key)
    if size >= 0 { size = attempt.request.write(key: attempt.key, to: state.pointee.cork) }
    guard size >= 0 else { return failConnecting(slot, .handshake(CoreError(code: size))) }
    state.pointee.corkCount = Int(size)
  }

  /// Reads the response's head from `count` bytes, of which `seen` were looked at before.
  func processResponse(
    _ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ count: Int, seen: Int
  ) {
    guard let attempt = state.pointee.attempts[slot.pointee.index] else { return }
    var bytes = bytes
    var left = count
    var seen = seen
    while true {
      var response = swl_http_response()
      var size = swl_http_parse_response(
        bytes, left, seen, state.pointee.fields, Loop.maxFields, &response)
      if size > Loop.maxHeadSize || (size == 0 && left > Loop.maxHeadSize) {
        size = SWL_ERROR_HTTP_SIZE.rawValue
      }
      guard size >= 0 else { return failConnecting(slot, .handshake(CoreError(code: size))) }
      if size == 0 { return stash(slot, bytes, left) }
      bytes += Int(size)
      left -= Int(size)
      seen = 0
      // What comes before the final response says nothing here (RFC 9110 §15.2).
      if (100...199).contains(response.status) && response.status != 101 { continue }
      return judge(slot, attempt, &response, bytes, left)
    }
  }

  private func judge(
    _ slot: Slot, _ attempt: ConnectAttempt, _ response: inout swl_http_response,
    _ bytes: UnsafeMutableRawPointer, _ left: Int
  ) {
    do throws(CoreError) {
      let (agreement, deflate) = try attempt.request.verify(&response, key: attempt.key)
      open(slot, attempt, agreement, deflate)
      if slot.pointee.phase.readsFrames { processFrames(slot, bytes, left) }
    } catch {
      guard error.code == SWL_ERROR_RESPONSE_STATUS.rawValue else {
        return failConnecting(slot, .handshake(error))
      }
      let fields = UnsafeBufferPointer(start: response.fields.list, count: response.fields.count)
        .map { (String($0.name), String($0.value)) }
      failConnecting(slot, .rejected(status: Int(response.status), fields: fields))
    }
  }

  private func open(
    _ slot: Slot, _ attempt: ConnectAttempt, _ agreement: HandshakeAgreement,
    _ deflate: swl_deflate_agreement
  ) {
    if agreement.isCompressed, let options = attempt.request.compression.options {
      var deflate = deflate
      // A wish of ours that needs no answer: we may always forget.
      deflate.client_without_takeover =
        deflate.client_without_takeover || options.client_without_takeover
      guard
        startCompression(
          slot, deflate, role: SWL_ROLE_CLIENT, memoryLevel: options.memory_level)
      else { return failConnecting(slot, .handshake(.memory)) }
    }
    swl_receiver_init(
      &slot.pointee.frames, SWL_ROLE_CLIENT, agreement.isCompressed, state.pointee.limits)
    state.pointee.attempts.removeValue(forKey: slot.pointee.index)
    slot.pointee.handler = .passRetained(attempt.handler)
    slot.pointee.lastPing = state.pointee.now
    enter(slot, .open)
    state.pointee.counters.pointee.webSockets.add(1)
    state.pointee.counters.pointee.handshakes.add(1)
    attempt.report(.accepted(agreement))
    attempt.handler.opened(Connection(loop: self, slot: slot))
  }
}
