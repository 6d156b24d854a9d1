// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import SwiftletCore

/// The client's opening handshake on a connection that stands (RFC 6455 §4.1).
extension Loop {
  func sendRequest(_ slot: Slot, _ attempt: ConnectAttempt, _ request: HandshakeRequest) {
    // Not entered as a phase of its own: it shares its deadline with what came before.
    slot.pointee.phase = .clientHandshake
    var size = swl_key_new(state.pointee.random, &attempt.key)
    if size >= 0 { size = request.write(key: attempt.key, to: state.pointee.cork) }
    guard size >= 0 else { return failConnecting(slot, .handshake(CoreError(code: size))) }
    state.pointee.corkCount = Int(size)
  }

  /// Reads the response's head from `count` bytes, of which `seen` were looked at before.
  func processResponse(
    _ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ count: Int, seen: Int
  ) {
    guard let attempt = state.pointee.attempts[slot.pointee.index],
      case .webSocket(let request, let handler, _) = attempt.kind
    else { return }
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
      return judge(slot, attempt, request, handler, &response, bytes, left)
    }
  }

  private func judge(
    _ slot: Slot, _ attempt: ConnectAttempt, _ request: HandshakeRequest,
    _ handler: MessageHandler, _ response: inout swl_http_response,
    _ bytes: UnsafeMutableRawPointer, _ left: Int
  ) {
    do throws(CoreError) {
      let (agreement, deflate) = try request.verify(&response, key: attempt.key)
      guard startCompression(slot, request, agreement, deflate) else {
        return failConnecting(slot, .handshake(.memory))
      }
      open(slot, attempt, handler, agreement)
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

  /// False when there is no memory for it.
  private func startCompression(
    _ slot: Slot, _ request: HandshakeRequest, _ agreement: HandshakeAgreement,
    _ deflate: swl_deflate_agreement
  ) -> Bool {
    guard agreement.isCompressed, let options = request.compression.options else { return true }
    var deflate = deflate
    // A wish of ours that needs no answer: we may always forget.
    deflate.client_without_takeover =
      deflate.client_without_takeover || options.client_without_takeover
    return startCompression(
      slot, deflate, role: SWL_ROLE_CLIENT, memoryLevel: options.memory_level)
  }

  private func open(
    _ slot: Slot, _ attempt: ConnectAttempt, _ handler: MessageHandler,
    _ agreement: HandshakeAgreement
  ) {
    swl_receiver_init(
      &slot.pointee.frames, SWL_ROLE_CLIENT, agreement.isCompressed, state.pointee.limits)
    state.pointee.attempts.removeValue(forKey: slot.pointee.index)
    slot.pointee.handler = .passRetained(handler)
    slot.pointee.lastPing = state.pointee.now
    enter(slot, .open)
    state.pointee.counters.pointee.webSockets.add(1)
    state.pointee.counters.pointee.handshakes.add(1)
    attempt.report(.accepted(agreement))
    handler.opened(Connection(loop: self, slot: slot))
  }
}
