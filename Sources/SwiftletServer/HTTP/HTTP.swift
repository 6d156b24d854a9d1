// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import SwiftletCore

/// HTTP/1.1 on a connection until it upgrades: keep-alive and pipelining, heads and bodies of bounded
/// size. Bodies are for PUT, where a route takes one.
extension Loop {
  static let maxBodySize = 64 << 10

  func processHTTP(_ slot: Slot, _ bytes: UnsafeMutableRawPointer, _ count: Int, seen: Int) {
    var bytes = bytes
    var left = count
    // With a body still to come the whole head is there, and is read again.
    let awaitedBody = slot.pointee.flags.contains(.awaitsBody)
    slot.pointee.flags.remove(.awaitsBody)
    var seen = awaitedBody ? 0 : seen
    while left > 0, slot.pointee.phase == .http, slot.pointee.flags.isDisjoint(with: .stopped) {
      var head = swl_http_request()
      let size = Int(
        swl_http_parse(bytes, left, seen, state.pointee.fields, Loop.maxFields, &head))
      seen = 0
      if size > Loop.maxHeadSize || (size == 0 && left > Loop.maxHeadSize) {
        return refuse(slot, .requestHeaderFieldsTooLarge)
      }
      if size == 0 { break }
      if size < 0 { return refuse(slot, Loop.status(ofParseError: Int32(size))) }
      let body: Int
      do throws(Refusal) {
        body = try bodySize(head)
      } catch {
        return refuse(slot, error.status, error.sentence)
      }
      if body > left - size {
        if left == size && !awaitedBody { sendContinue(slot, head) }
        slot.pointee.flags.insert(.awaitsBody)
        break
      }
      respond(slot, head, UnsafeRawBufferPointer(start: bytes + size, count: body))
      bytes += size + body
      left -= size + body
    }
    switch slot.pointee.phase {
    case .http: stash(slot, bytes, left)
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

  /// The size of a request's body. One that is not wanted is refused: left unread it would be taken for
  /// the next request.
  private func bodySize(_ head: swl_http_request) throws(Refusal) -> Int {
    var head = head
    var value = swl_slice()
    let encodings = swl_http_field_find(&head.fields, "transfer-encoding", &value)
    let lengths = swl_http_field_find(&head.fields, "content-length", &value)
    if encodings == 0 && (lengths == 0 || (lengths == 1 && String(value) == "0")) { return 0 }
    let method = String(head.method)
    guard method == "PUT", let request = Request(head),
      state.pointee.routes[request.path]?.put != nil
    else {
      throw Refusal(
        method == "GET" ? .badRequest : .methodNotAllowed, "This server takes no request bodies.")
    }
    let digits = String(value)
    guard encodings == 0, lengths == 1, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
      !digits.isEmpty
    else { throw Refusal(.badRequest, "A body comes with one Content-Length.") }
    guard let size = Int(digits), size <= Loop.maxBodySize else {
      throw Refusal(.contentTooLarge, "A body has at most \(Loop.maxBodySize) bytes.")
    }
    return size
  }

  /// Asks for a body that is held back until then (RFC 9110 §10.1.1).
  private func sendContinue(_ slot: Slot, _ head: swl_http_request) {
    var head = head
    guard head.minor_version == 1, swl_http_list_contains(&head.fields, "expect", "100-continue")
    else { return }
    let response: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
    sendBytes(
      slot, UnsafeRawBufferPointer(start: response.utf8Start, count: response.utf8CodeUnitCount))
  }

  private func respond(_ slot: Slot, _ head: swl_http_request, _ body: UnsafeRawBufferPointer) {
    var head = head
    guard let request = Request(head) else { return refuse(slot, .badRequest) }
    var value = swl_slice()
    // RFC 9112 §3.2.
    let hosts = swl_http_field_find(&head.fields, "host", &value)
    guard hosts == 1 || (hosts == 0 && head.minor_version == 0) else {
      return refuse(slot, .badRequest, "A request has one Host field.")
    }
    var key: UnsafePointer<CChar>?
    let upgrade = swl_handshake_check(&head, &key)
    do throws(Refusal) {
      guard let route = state.pointee.routes[request.path] else {
        throw Refusal(.notFound, "There is nothing at this path.")
      }
      switch upgrade {
      case SWL_UPGRADE_NONE:
        let keepAlive =
          head.minor_version == 1 && !swl_http_list_contains(&head.fields, "connection", "close")
          && !isDraining
        if let responder = route.put {
          guard request.method == "PUT" else {
            return refuse(slot, .methodNotAllowed, allow: "PUT")
          }
          return send(
            slot, try responder(request, Array(body)), keepAlive: keepAlive, withoutBody: false)
        }
        guard let responder = route.get else {
          throw Refusal(.upgradeRequired, "This path speaks WebSocket (RFC 6455).")
        }
        guard request.method == "GET" || request.method == "HEAD" else {
          throw Refusal(.methodNotAllowed, "Use GET here.")
        }
        send(
          slot, try responder(request), keepAlive: keepAlive,
          withoutBody: request.method == "HEAD")
      case SWL_UPGRADE_METHOD:
        throw Refusal(.methodNotAllowed, "A WebSocket handshake is a GET.")
      case SWL_UPGRADE_VERSION:
        throw Refusal(.upgradeRequired, "Only WebSocket version 13 is spoken here.")
      case SWL_UPGRADE_ACCEPT:
        guard let (factory, compression) = route.webSocket else {
          throw Refusal(.badRequest, "There is no WebSocket at this path.")
        }
        if isDraining { throw Refusal(.serviceUnavailable, "The server is shutting down.") }
        try accept(slot, head, key!, try factory(request), compression)
      default:
        throw Refusal(.badRequest, "The WebSocket handshake is not complete (RFC 6455 §4.1).")
      }
    } catch {
      refuse(slot, error.status, error.sentence, withoutBody: request.method == "HEAD")
    }
  }

  var isDraining: Bool {
    if case .no = state.pointee.drain { false } else { true }
  }

  private func send(_ slot: Slot, _ response: Response, keepAlive: Bool, withoutBody: Bool) {
    state.pointee.counters.pointee.httpResponses.add(1)
    response.serialized(keepAlive: keepAlive, withoutBody: withoutBody).withUnsafeBytes {
      sendBytes(slot, $0)
    }
    slot.pointee.flags.insert(.keptAlive)
    enter(slot, keepAlive ? .http : .lingering)
  }

  /// Answers with an error and closes: what follows on this connection cannot be trusted.
  func refuse(
    _ slot: Slot, _ status: Status, _ sentence: String? = nil, withoutBody: Bool = false,
    allow methods: String = "GET, HEAD"
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
    send(slot, response, keepAlive: false, withoutBody: withoutBody)
  }

  private func accept(
    _ slot: Slot, _ head: swl_http_request, _ key: UnsafePointer<CChar>, _ handler: MessageHandler,
    _ compression: Compression
  ) throws(Refusal) {
    let extensions = state.pointee.extensions
    let isCompressed = try agreeOnCompression(slot, compression, head, extensions)
    let size = withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { out in
      let size = swl_handshake_respond(
        key, nil, isCompressed ? extensions : nil, out.baseAddress, out.count)
      if size > 0 {
        sendBytes(slot, UnsafeRawBufferPointer(rebasing: out[..<Int(size)]))
      }
      return size
    }
    guard size > 0 else { return refuse(slot, .internalServerError) }
    swl_receiver_init(&slot.pointee.frames, SWL_ROLE_SERVER, isCompressed, state.pointee.limits)
    slot.pointee.handler = .passRetained(handler)
    slot.pointee.lastPing = state.pointee.now
    enter(slot, .open)
    state.pointee.counters.pointee.webSockets.add(1)
    state.pointee.counters.pointee.handshakes.add(1)
    handler.opened(Connection(loop: self, slot: slot))
  }
}
