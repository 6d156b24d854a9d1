// SPDX-License-Identifier: Apache-2.0

import CSwiftlet

/// Bodies of requests: received like large messages, whole before their route sees them.
extension Loop {
  /// The size of a request's body, or nil when the request has been refused: a body that is not wanted would,
  /// left unread, be taken for the next request.
  func bodySize(
    _ slot: Slot, _ head: swl_http_request, _ request: Request, _ route: Routes.Route?
  ) -> Int? {
    do throws(Refusal) {
      return try bodySize(head, request, route)
    } catch {
      refuse(
        slot, error.status, error.sentence, reason: error.reason,
        allow: route?.allowed ?? "GET, HEAD")
      return nil
    }
  }

  private func bodySize(
    _ head: swl_http_request, _ request: Request, _ route: Routes.Route?
  ) throws(Refusal) -> Int {
    var head = head
    var value = swl_slice()
    let encodings = swl_http_field_find(&head.fields, "transfer-encoding", &value)
    let lengths = swl_http_field_find(&head.fields, "content-length", &value)
    if encodings == 0 && (lengths == 0 || (lengths == 1 && String(value) == "0")) { return 0 }
    guard let limit = route?[request.method]?.maxBodySize, limit > 0 else {
      throw Refusal(
        request.method == "GET" ? .badRequest : .methodNotAllowed,
        "No request body is taken here.")
    }
    let digits = String(value)
    guard encodings == 0, lengths == 1, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
      !digits.isEmpty
    else { throw Refusal(.badRequest, "A body comes with one Content-Length.") }
    guard let size = Int(digits), size <= limit else {
      throw Refusal(.contentTooLarge, "A body has at most \(limit) bytes.")
    }
    return size
  }

  /// Asks for a body that is held back until then (RFC 9110 §10.1.1).
  func sendContinue(_ slot: Slot, _ head: swl_http_request) {
    var head = head
    guard head.minor_version == 1, swl_http_list_contains(&head.fields, "expect", "100-continue")
    else { return }
    let response: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
    sendBytes(
      slot, UnsafeRawBufferPointer(start: response.utf8Start, count: response.utf8CodeUnitCount))
  }

  /// Keeps the beginning of a request of `size` bytes, its whole head included; the rest is read behind it.
  func gatherRequest(
    _ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ count: Int, size: Int
  ) {
    let request = state.pointee.pool.take(
      promised: size, unproven: max(Loop.leastCapacity, 2 * count))
    request.append(bytes, count)
    slot.pointee.message = request
    slot.pointee.phaseBegan = state.pointee.now
    slot.pointee.requestRemaining = size - count
  }

  /// `count` bytes more of the request are where they belong.
  func requestProgressed(_ slot: Slot, _ count: Int) {
    guard let message = slot.pointee.message else { return }
    message.end += count
    slot.pointee.requestRemaining -= count
    guard slot.pointee.requestRemaining == 0 else { return }
    slot.pointee.message = nil
    state.pointee.delivering = message
    var head = swl_http_request()
    let size = Int(
      swl_http_parse(
        message.front, message.count, 0, state.pointee.fields, Loop.maxFields, &head))
    if let request = Request(head), case let route = state.pointee.routes[request.path],
      let clearance = admit(slot, request, route)
    {
      respond(
        slot, head, clearance, route,
        UnsafeRawBufferPointer(start: message.front + size, count: message.count - size))
    }
    if state.pointee.delivering != nil {
      state.pointee.delivering = nil
      state.pointee.pool.give(message)
    }
  }
}
