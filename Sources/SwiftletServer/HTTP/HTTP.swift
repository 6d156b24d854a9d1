// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import Glibc
import SwiftletCore

/// HTTP/1.1 on a connection until it upgrades: keep-alive and pipelining, heads of bounded size, and bodies
/// (`Body.swift`) where a route takes them.
extension Loop {
  func processHTTP(_ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ count: Int, seen: Int) {
    var bytes = bytes
    var left = count
    var seen = seen
    let isFresh = seen == 0
    while left > 0, slot.pointee.phase == .http, slot.pointee.flags.isDisjoint(with: .stopped) {
      var head = swl_http_request()
      let size = Int(
        swl_http_parse(bytes, left, seen, state.pointee.fields, Loop.maxFields, &head))
      seen = 0
      if size > Loop.maxHeadSize || (size == 0 && left > Loop.maxHeadSize) {
        let isLine = memchr(bytes, Int32(UInt8(ascii: "\n")), Loop.maxHeadSize) == nil
        return refuse(slot, isLine ? .uriTooLong : .requestHeaderFieldsTooLarge)
      }
      if size == 0 { break }
      if size < 0 { return refuse(slot, Loop.status(ofParseError: Int32(size))) }
      if head.target.size > Loop.maxTargetSize { return refuse(slot, .uriTooLong) }
      guard let request = Request(head) else { return refuse(slot, .badRequest) }
      note(slot, request)
      let route = state.pointee.routes[request.path]
      slot.pointee.route = route?.number ?? ServiceTimes.noRoute
      guard namesHost(head) else {
        return refuse(slot, .badRequest, "A request has one Host field, with a host.")
      }
      guard let clearance = admit(slot, request, route) else { break }
      guard let body = bodySize(slot, head, request, route) else { return }
      if body > left - size {
        keepClearance(slot, clearance)
        if left == size { sendContinue(slot, head) }
        return gatherRequest(slot, bytes, left, size: size + body)
      }
      respond(
        slot, head, clearance, route, UnsafeRawBufferPointer(start: bytes + size, count: body))
      bytes += size + body
      left -= size + body
      if left > 0 { yieldIfOvertime(slot) }
    }
    switch slot.pointee.phase {
    case .http:
      // The deadline of a head counts from its first byte where the connection may have rested.
      if left > 0, isFresh, slot.pointee.flags.contains(.keptAlive) {
        slot.pointee.phaseBegan = state.pointee.now
      }
      stash(slot, bytes, left)
    case .open, .closeSent: processFrames(slot, bytes, left)
    default: break
    }
  }

  private static func status(ofParseError error: Int32) -> Status {
    switch swl_error(rawValue: error) {
    case SWL_ERROR_HTTP_SIZE: .requestHeaderFieldsTooLarge
    case SWL_ERROR_HTTP_VERSION: .versionNotSupported
    default: .badRequest
    }
  }

  /// RFC 9112 §3.2.
  private func namesHost(_ head: swl_http_request) -> Bool {
    var head = head
    var value = swl_slice()
    let hosts = swl_http_field_find(&head.fields, "host", &value)
    return (hosts == 1 || (hosts == 0 && head.minor_version == 0)) && isHost(value)
  }

  func respond(
    _ slot: Slot, _ head: swl_http_request, _ clearance: Clearance, _ route: Routes.Route?,
    _ body: UnsafeRawBufferPointer
  ) {
    var head = head
    let request = clearance.request
    var key: UnsafePointer<CChar>?
    let upgrade = swl_handshake_check(&head, &key)
    do throws(Refusal) {
      guard let route else { throw Refusal(.notFound, "There is nothing at this path.") }
      switch upgrade {
      case SWL_UPGRADE_NONE: try answer(slot, head, request, route, body)
      case SWL_UPGRADE_METHOD:
        throw Refusal(.methodNotAllowed, "A WebSocket handshake is a GET.")
      case SWL_UPGRADE_VERSION:
        throw Refusal(.upgradeRequired, "Only WebSocket version 13 is spoken here.")
      case SWL_UPGRADE_ACCEPT:
        guard let (factory, compression) = route.webSocket else {
          throw Refusal(.badRequest, "There is no WebSocket at this path.")
        }
        if isDraining { throw Refusal(.serviceUnavailable, "The server is shutting down.") }
        try accept(
          slot, head, key!, try factory(request), compression, clearance.subprotocol)
      default:
        throw Refusal(.badRequest, "The WebSocket handshake is not complete (RFC 6455 §4.1).")
      }
    } catch {
      refuse(
        slot, error.status, error.sentence, reason: error.reason,
        isHead: request.method == "HEAD", allow: route?.allowed ?? "GET, HEAD")
    }
  }

  private func answer(
    _ slot: Slot, _ head: swl_http_request, _ request: Request, _ route: Routes.Route,
    _ body: UnsafeRawBufferPointer
  ) throws(Refusal) {
    var head = head
    guard let method = route[request.method] else {
      guard let first = route.methods.first,
        route.webSocket == nil || !["GET", "HEAD"].contains(request.method)
      else { throw Refusal(.upgradeRequired, "This path speaks WebSocket (RFC 6455).") }
      throw Refusal(.methodNotAllowed, "Use \(first.name) here.")
    }
    let keepsAlive =
      head.minor_version == 1 && !swl_http_list_contains(&head.fields, "connection", "close")
    let number = slot.pointee.exchange
    try method.answer(
      request, body.bytes,
      Exchange(
        loop: self, slot: slot,
        request: .init(
          number: number, keepsAlive: keepsAlive, isHead: request.method == "HEAD")))
    if slot.pointee.exchange == number { slot.pointee.flags.insert(.awaitsAnswer) }
  }

  var isDraining: Bool {
    if case .no = state.pointee.drain { false } else { true }
  }

  /// Ends an exchange.
  func send(
    _ slot: Slot, _ request: ExchangeReference.Request, _ status: Status, contentType: String,
    fields: [(name: String, value: String)], body: UnsafeRawBufferPointer
  ) {
    state.pointee.counters.pointee.httpResponses.add(1)
    let note = takeNote(slot)
    let keepsAlive = request.keepsAlive && !isDraining
    // Piece by piece into the cork: a head that was put together first would cost as much as all the rest.
    sendText(slot, "HTTP/1.1 ")
    sendText(slot, String(status.rawValue))
    sendText(slot, " ")
    sendText(slot, status.phrase)
    sendText(slot, "\r\n")
    // RFC 9110 §8.6: 204 has no content, and must not say how long it is.
    if status != .noContent {
      sendField(slot, "Content-Type", contentType)
      sendField(slot, "Content-Length", String(body.count))
    }
    for field in fields { sendField(slot, field.name, field.value) }
    for field in takeResponseFields(slot) { sendField(slot, field.name, field.value) }
    sendField(slot, "X-Request-ID", note.id)
    if !keepsAlive { sendField(slot, "Connection", "close") }
    sendText(slot, "\r\n")
    // A response to HEAD, and a 304, have the length of the body but not the body.
    if !request.isHead && status != .notModified { sendBytes(slot, body) }
    slot.pointee.exchange &+= 1
    slot.pointee.flags.subtract([.awaitsAnswer, .awaitsAccess])
    slot.pointee.flags.insert(.keptAlive)
    enter(slot, keepsAlive ? .http : .lingering)
    logAnswer(slot, note, status, bytes: body.count)
  }

  private func sendField(_ slot: Slot, _ name: String, _ value: String) {
    sendText(slot, name)
    sendText(slot, ": ")
    sendText(slot, value)
    sendText(slot, "\r\n")
  }

  private func sendText(_ slot: Slot, _ text: String) {
    var text = text
    text.withUTF8 { sendBytes(slot, UnsafeRawBufferPointer($0)) }
  }

  /// Answers with an error and closes: what follows on this connection cannot be trusted.
  func refuse(
    _ slot: Slot, _ status: Status, _ sentence: String? = nil, reason: HandshakeFailure? = nil,
    isHead: Bool = false, allow methods: String = "GET, HEAD"
  ) {
    var response = Response(status, sentence ?? status.phrase)
    switch status {
    case .methodNotAllowed: response.fields.append(("Allow", methods))
    case .upgradeRequired:
      response.fields.append(("Upgrade", "websocket"))
      response.fields.append(("Sec-WebSocket-Version", "13"))
    default: break
    }
    state.pointee.counters.pointee.refused.add(1)
    state.pointee.counters.pointee.failed(reason ?? HandshakeFailure(status))
    sendLast(slot, response, isHead: isHead)
  }

  /// Answers and closes.
  func sendLast(_ slot: Slot, _ response: Response, isHead: Bool) {
    let request = ExchangeReference.Request(
      number: slot.pointee.exchange, keepsAlive: false, isHead: isHead)
    response.body.withUnsafeBytes {
      send(
        slot, request, response.status, contentType: response.contentType,
        fields: response.fields, body: $0)
    }
  }

  private func accept(
    _ slot: Slot, _ head: swl_http_request, _ key: UnsafePointer<CChar>, _ handler: MessageHandler,
    _ compression: Compression, _ subprotocol: String?
  ) throws(Refusal) {
    let extensions = state.pointee.extensions
    let isCompressed = try agreeOnCompression(slot, compression, head, extensions)
    let room = 512 + (subprotocol?.utf8.count ?? 0)
    let size = withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { out in
      let size = swl_handshake_respond(
        key, subprotocol, isCompressed ? extensions : nil, out.baseAddress, out.count)
      // The empty line that ends it comes behind a field more.
      if size > 0 {
        sendBytes(slot, UnsafeRawBufferPointer(rebasing: out[..<(Int(size) - 2)]))
      }
      return size
    }
    guard size > 0 else { return refuse(slot, .internalServerError) }
    let note = takeNote(slot)
    sendField(slot, "X-Request-ID", note.id)
    sendText(slot, "\r\n")
    swl_receiver_init(&slot.pointee.frames, SWL_ROLE_SERVER, isCompressed, state.pointee.limits)
    slot.pointee.handler = .passRetained(handler)
    slot.pointee.lastPing = state.pointee.now
    forgetAccess(slot)
    enter(slot, .open)
    state.pointee.counters.pointee.webSockets.add(1)
    state.pointee.counters.pointee.handshakes.add(1)
    logOpen(slot, note)
    handler.opened(Connection(loop: self, slot: slot))
  }
}
