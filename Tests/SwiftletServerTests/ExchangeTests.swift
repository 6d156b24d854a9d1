// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Requests with bodies of any size, and answers that come later.
@Suite(.blocking) struct ExchangeTests {
  private static let maxSize = 1 << 20
  private let waiting = EventLog<ExchangeReference>()

  private var routes: Routes {
    var routes = Routes()
    routes.post("/echo", maxBodySize: Self.maxSize) { request, body, exchange in
      exchange.respond(contentType: request.field("CONTENT-type") ?? "none", body: body)
    }
    routes.getLater("/later") { [waiting] request, _, exchange throws(Refusal) in
      if request.query.first?.name == "refuse" { throw Refusal(.forbidden, "Not you.") }
      waiting.add(exchange.reference)
    }
    routes.get("/hello") { _ in Response(.ok, "hello") }
    return routes
  }

  private static func post(_ body: [UInt8], fields: String = "") -> [UInt8] {
    Array("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\(fields)\r\n".utf8)
      + body
  }

  private func answer(_ peer: Peer) throws -> (head: String, body: [UInt8]) {
    let head = try peer.readHead()
    return (head, try peer.read(Peer.field("Content-Length", of: head).flatMap { Int($0) } ?? 0))
  }

  private func get(_ target: String, fields: String = "") -> String {
    "GET \(target) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
  }

  @Test(arguments: [0, 1, 4000, 65536, 262_144, 480_000, maxSize])
  func bodyComesBackWithItsType(size: Int) async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let body = pattern(size)
      for _ in 0..<3 {
        let request = Self.post(body, fields: "Content-Type: a/b\r\n")
        async let sent: Void = peer.write(request)
        let (head, answer) = try answer(peer)
        try await sent
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n"))
        #expect(answer == body)
      }
    }
  }

  @Test func requestsOfAllSizesMayBePipelined() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let bodies = [0, 10, 300_000, 1, 70_000, 5].map { pattern($0) }
      let requests = bodies.flatMap { Self.post($0) } + Array(get("/hello").utf8)
      async let sent: Void = peer.write(requests)
      for body in bodies { #expect(try answer(peer).body == body) }
      #expect(try answer(peer).body == Array("hello\n".utf8))
      try await sent
    }
  }

  @Test func bodyMayComeByteByByte() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      for byte in Self.post([7, 8, 9]) + Self.post([1]) { try peer.write([byte]) }
      #expect(try answer(peer).body == [7, 8, 9])
      #expect(try answer(peer).body == [1])
    }
  }

  @Test(
    arguments: [
      ("Content-Length: \(maxSize + 1)\r\n", 413), ("Transfer-Encoding: chunked\r\n", 400),
      ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
    ] as [(String, Int)])
  func otherBodiesAreRefused(fields: String, status: Int) async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write("POST /echo HTTP/1.1\r\nHost: h\r\n\(fields)\r\n1\r\na\r\n0\r\n\r\n")
      let (head, _) = try answer(peer)
      #expect(head.hasPrefix("HTTP/1.1 \(status) ") && head.contains("\r\nConnection: close"))
    }
  }

  @Test func bodyThatStopsComingIsAnsweredWith408() async throws {
    var configuration = ServerConfiguration.testing
    configuration.idleTimeout = .milliseconds(50)
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      try peer.write(Array(Self.post(pattern(100_000)).dropLast()))
      #expect(try peer.readHead().hasPrefix("HTTP/1.1 408 "))
    }
  }

  @Test func drainWaitsForABodyThatHasBegun() async throws {
    var configuration = ServerConfiguration.testing
    configuration.drainTimeout = .seconds(3600)
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      let request = Self.post(pattern(100_000))
      try peer.write(Array(request[..<50_000]))
      server.shutDown()
      try peer.write(Array(request[50_000...]))
      #expect(try answer(peer).body == pattern(100_000))
      #expect(try peer.readToEnd() == [])
    }
  }

  // MARK: - Later

  @Test func answerMayComeLaterAndNothingOvertakesIt() async throws {
    let waiting = waiting
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/later") + get("/hello") + get("/later"))
      let first = try waiting.wait()[0]
      first.respond(Response(.ok, "first"))
      // Too late.
      first.respond(Response(.ok, "second"))
      #expect(try answer(peer).body == Array("first\n".utf8))
      #expect(try answer(peer).body == Array("hello\n".utf8))
      let last = try waiting.wait(for: 2)[1]
      first.respond(Response(.ok, "not the one that waits"))
      last.respond(Response(.ok, "last"))
      #expect(try answer(peer).body == Array("last\n".utf8))
      #expect(server.metric("http_responses_total") == 3)
    }
  }

  @Test func laterAnswerKeepsToItsRequest() async throws {
    let waiting = waiting
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write("HEAD /later HTTP/1.1\r\nHost: h\r\n\r\n")
      try waiting.wait()[0].respond(Response(.ok, "body"))
      #expect(Peer.field("Content-Length", of: try peer.readHead()) == "5")
      try peer.write(get("/later", fields: "Connection: close\r\n"))
      try waiting.wait(for: 2)[1].respond(Response(.ok, "bye"))
      #expect(try answer(peer).head.hasSuffix("Connection: close"))
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func refusalIsAnAnswer() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/later?refuse"))
      let (head, body) = try answer(peer)
      #expect(head.hasPrefix("HTTP/1.1 403 ") && body == Array("Not you.\n".utf8))
    }
  }

  @Test func clientThatLeftIsNotAnswered() async throws {
    let waiting = waiting
    let results = EventLog<Bool>()
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/later"))
      let reference = try waiting.wait()[0]
      peer.reset()
      let other = try Peer(port: server.port)
      try other.write(get("/later"))
      _ = try waiting.wait(for: 2)
      reference.home.perform { loop in
        results.add(loop.with(reference) { $0.respond(Response(.ok, "to nobody")) })
      }
      #expect(try results.wait() == [false])
    }
  }

  @Test func noDeadlineRunsUntilTheAnswer() async throws {
    var configuration = ServerConfiguration.testing
    configuration.idleTimeout = .milliseconds(30)
    configuration.handshakeTimeout = .milliseconds(30)
    let waiting = waiting
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/later"))
      let reference = try waiting.wait()[0]
      // Another connection's deadlines pass meanwhile, more than once.
      for _ in 0..<2 { _ = try Peer(port: server.port).readToEnd() }
      reference.respond(Response(.ok, "there"))
      #expect(try answer(peer).body == Array("there\n".utf8))
    }
  }

  @Test func drainWaitsForTheAnswer() async throws {
    var configuration = ServerConfiguration.testing
    configuration.drainTimeout = .seconds(3600)
    let waiting = waiting
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/later"))
      let reference = try waiting.wait()[0]
      server.shutDown()
      reference.respond(Response(.ok, "last"))
      #expect(try answer(peer).body == Array("last\n".utf8))
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func drainEndsWhatIsNotAnswered() async throws {
    let waiting = waiting
    let peer = try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(get("/later"))
      try waiting.wait()
      return peer
    }
    #expect(try answer(peer).head.hasPrefix("HTTP/1.1 503 "))
  }
}
