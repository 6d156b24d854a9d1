// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Who may come in: a rule asked of each request before its route.
@Suite(.blocking) struct AccessTests {
  private let asked = EventLog<AccessReference>()

  /// What a request's field Decision says becomes of it: `later` of it is decided by the test.
  private var routes: Routes {
    var routes = Routes()
    routes.get("/who") { request in Response(.ok, request.grant?.project ?? "nobody") }
    routes.post("/echo", maxBodySize: 1 << 20) { request, body, exchange in
      exchange.respond(contentType: request.grant?.project ?? "none", body: body)
    }
    routes.webSocket("/ws") { _ in Echo() }
    routes.access = { [asked] request, question in
      switch request.field("Decision") {
      case "refuse":
        return .answer(Response(.unauthorized, "Not you."), failure: .authentication)
      case "later":
        asked.add(question.reference)
        return nil
      default: return .allow(Self.clearance(of: request))
      }
    }
    return routes
  }

  private static func clearance(of request: Request) -> Clearance {
    var request = request
    request.grant = Grant(project: "p")
    return Clearance(request, subprotocol: "chosen", fields: [("Allowed", "yes")])
  }

  /// As later decisions know no more of the request than the test.
  private static func laterClearance(_ method: String = "GET") -> Clearance {
    Clearance(Request(method: method, path: "/", grant: Grant(project: "later")))
  }

  private final class Echo: MessageHandler {
    override func received(
      _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
    ) {
      connection.send(message, kind: kind)
    }
  }

  private func get(_ path: String, fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
  }

  private func answer(_ peer: Peer) throws -> (head: String, body: String) {
    let head = try peer.readHead()
    let size = Peer.field("Content-Length", of: head).flatMap { Int($0) } ?? 0
    return (head, String(decoding: try peer.read(size), as: UTF8.self))
  }

  @Test func routeSeesWhoCameIn() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      for _ in 0..<2 {
        try peer.write(get("/who"))
        let (head, body) = try answer(peer)
        #expect(body == "p\n" && head.contains("\r\nAllowed: yes"))
      }
      try peer.write(get("/nowhere"))
      let (head, _) = try answer(peer)
      #expect(head.hasPrefix("HTTP/1.1 404 ") && !head.contains("Allowed"))
    }
  }

  @Test func refusalComesBeforeTheBody() async throws {
    try await withServer(routes) { server in
      for size in [0, 10, 1_000_000] {
        let peer = try Peer(port: server.port)
        try peer.write(
          "POST /echo HTTP/1.1\r\nHost: h\r\nDecision: refuse\r\nContent-Length: \(size)\r\n\r\n")
        let (head, body) = try answer(peer)
        #expect(head.hasPrefix("HTTP/1.1 401 ") && head.contains("\r\nConnection: close"))
        #expect(body == "Not you.\n")
      }
      #expect(server.metric(#"handshake_failures_total{reason="authentication"}"#) == 3)
    }
  }

  @Test func refusedRequestIsTheConnectionsLast() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/who", fields: "Decision: refuse\r\n") + get("/who"))
      #expect(try answer(peer).head.hasPrefix("HTTP/1.1 401 "))
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func bodyThatComesLaterIsItsCallers() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let head = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"
      try peer.write(head + "ab")
      try peer.write("cd" + get("/who"))
      let (answerHead, body) = try answer(peer)
      #expect(answerHead.contains("Content-Type: p\r\n") && body == "abcd")
      #expect(answerHead.contains("\r\nAllowed: yes"))
      #expect(try answer(peer).body == "p\n")
    }
  }

  @Test func upgradeIsAnsweredWithTheChosenSubprotocol() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let head = try peer.upgrade("/ws")
      #expect(head.hasPrefix("HTTP/1.1 101 "))
      #expect(Peer.field("Sec-WebSocket-Protocol", of: head) == "chosen")
      #expect(!head.contains("Allowed"))
    }
  }

  // MARK: - Later

  @Test func nothingIsReadUntilTheDecision() async throws {
    let asked = asked
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/who", fields: "Decision: later\r\n") + get("/who"))
      let question = try asked.wait()[0]
      try peer.write(get("/who", fields: "Decision: later\r\n"))
      question.decide(.allow(Self.laterClearance()))
      // Too late.
      question.decide(.answer(Response(.forbidden, "no")))
      #expect(try answer(peer).body == "later\n")
      #expect(try answer(peer).body == "p\n")
      let last = try asked.wait(for: 2)[1]
      question.decide(.allow(Self.laterClearance()))
      last.decide(.answer(Response(.forbidden, "no"), failure: .forbidden))
      #expect(try answer(peer).head.hasPrefix("HTTP/1.1 403 "))
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test(arguments: [4, 500_000]) func bodyWaitsForTheDecisionToo(size: Int) async throws {
    let asked = asked
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let head =
        "POST /echo HTTP/1.1\r\nHost: h\r\nDecision: later\r\nContent-Length: \(size)\r\n\r\n"
      let body = pattern(size)
      async let sent: Void = peer.write(Array(head.utf8) + body)
      try asked.wait()[0].decide(.allow(Self.laterClearance("POST")))
      let answerHead = try peer.readHead()
      #expect(answerHead.contains("Content-Type: later\r\n"))
      #expect(try peer.read(size) == body)
      try await sent
      #expect(asked.all.count == 1)
    }
  }

  @Test func handshakeTimeoutHoldsForTheDecision() async throws {
    var configuration = ServerConfiguration.testing
    configuration.handshakeTimeout = .milliseconds(30)
    let asked = asked
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/who", fields: "Decision: later\r\n"))
      #expect(try peer.readHead().hasPrefix("HTTP/1.1 408 "))
      try asked.wait()[0].decide(.allow(Self.laterClearance()))
      #expect(try Peer(port: server.port).readToEnd().starts(with: Array("HTTP/1.1 408".utf8)))
    }
  }

  @Test func decisionForNobodyDoesNothing() async throws {
    let asked = asked
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/who", fields: "Decision: later\r\n"))
      let question = try asked.wait()[0]
      peer.reset()
      let other = try Peer(port: server.port)
      try other.write(get("/who", fields: "Decision: later\r\n"))
      let second = try asked.wait(for: 2)[1]
      question.decide(.answer(Response(.forbidden, "no")))
      second.decide(.allow(Self.laterClearance()))
      #expect(try answer(other).body == "later\n")
    }
  }

  @Test func drainWaitsForTheDecision() async throws {
    var configuration = ServerConfiguration.testing
    configuration.drainTimeout = .seconds(3600)
    let asked = asked
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/who", fields: "Decision: later\r\n"))
      let question = try asked.wait()[0]
      server.shutDown()
      question.decide(.allow(Self.laterClearance()))
      #expect(try answer(peer).body == "later\n")
      #expect(try peer.readToEnd() == [])
    }
  }
}
