// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import SwiftletTestSupport
import Testing

@Suite(.blocking) struct HTTPTests {
  private static let large = pattern(16_000_000)

  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/echo") { _ in echoing() }
    routes.webSocket("/refused") { _ throws(Refusal) in
      throw Refusal(.forbidden, "Not you.")
    }
    routes.get("/hello") { _ in Response(.ok, "hello") }
    routes.get("/both") { _ in Response(.ok, "a page") }
    routes.webSocket("/both") { _ in echoing() }
    routes.get("/large") { _ in Response(body: HTTPTests.large) }
    routes.get("/name") { request throws(Refusal) in
      guard let name = request.query.first?.value else {
        throw Refusal(.badRequest, "Say a name.")
      }
      return Response(.ok, name)
    }
    return routes
  }

  /// Sends a request, closes the sending side, and returns all that comes.
  private func ask(_ server: RunningServer, _ request: String) throws -> String {
    let peer = try Peer(port: server.port)
    try peer.write(request)
    peer.halfClose()
    return String(decoding: try peer.readToEnd(), as: UTF8.self)
  }

  @Test func pageAndWebSocketShareAPath() async throws {
    try await withServer(routes) { server in
      let page = try ask(server, "GET /both HTTP/1.1\r\nHost: here\r\n\r\n")
      #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n") && page.hasSuffix("a page\n"))
      let peer = try server.open("/both")
      try peer.send("there")
      #expect(try peer.receiveText() == "there")
    }
  }

  @Test func routeAnswersWithItsQuery() async throws {
    try await withServer(routes) { server in
      let answer = try ask(server, "GET /name?n=M%C3%BCller HTTP/1.1\r\nHost: here\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nMüller\n"))
    }
  }

  @Test(
    arguments: [
      ("GET /name HTTP/1.1\r\nHost: here\r\n\r\n", "400 Bad Request", "Say a name.\n"),
      (
        "GET /none HTTP/1.1\r\nHost: here\r\n\r\n", "404 Not Found",
        "There is nothing at this path.\n"
      ),
      ("POST /hello HTTP/1.1\r\nHost: here\r\n\r\n", "405 Method Not Allowed", "Use GET here.\n"),
      (
        "GET /hello HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc", "400 Bad Request",
        "No request body is taken here.\n"
      ),
      (
        "PUT /hello HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n",
        "405 Method Not Allowed", "No request body is taken here.\n"
      ),
      (
        "GET /echo HTTP/1.1\r\nHost: here\r\n\r\n", "426 Upgrade Required",
        "This path speaks WebSocket (RFC 6455).\n"
      ),
      ("GET /hello HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported", nil),
      ("nonsense\r\n\r\n", "400 Bad Request", nil),
      ("GET /hello?a=%ff HTTP/1.1\r\nHost: here\r\n\r\n", "400 Bad Request", nil),
    ] as [(String, String, String?)])
  func whatCannotBeServedIsRefusedWithASentence(
    request: String, status: String, sentence: String?
  ) async throws {
    try await withServer(routes) { server in
      let answer = try ask(server, request)
      #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
      #expect(answer.contains("\r\nConnection: close\r\n"))
      if let sentence { #expect(answer.hasSuffix("\r\n\r\n" + sentence)) }
      #expect(server.metric("requests_refused_total") == 1)
    }
  }

  @Test(arguments: [
    ("/refused", "403 Forbidden"), ("/hello", "400 Bad Request"), ("/none", "404 Not Found"),
  ])
  func handshakeIsRefusedBeforeTheUpgrade(path: String, status: String) async throws {
    try await withServer(routes) { server in
      let answer = try ask(server, Peer.handshake(path))
      #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
    }
  }

  @Test func refusalsSayWhatIsSpokenHere() async throws {
    try await withServer(routes) { server in
      let old = Peer.handshake("/echo").replacing("Version: 13", with: "Version: 8")
      let version = try ask(server, old)
      #expect(version.hasPrefix("HTTP/1.1 426 "))
      #expect(version.contains("\r\nSec-WebSocket-Version: 13\r\n"))
      #expect(version.contains("\r\nUpgrade: websocket\r\n"))
      let method = try ask(server, "POST /hello HTTP/1.1\r\nHost: here\r\n\r\n")
      #expect(method.contains("\r\nAllow: GET, HEAD\r\n"))
    }
  }

  @Test func headHasNoBodyWhateverItsStatus() async throws {
    try await withServer(routes) { server in
      let found = try ask(server, "HEAD /hello HTTP/1.1\r\nHost: here\r\n\r\n")
      #expect(found.contains("\r\nContent-Length: 6\r\n") && found.hasSuffix("\r\n\r\n"))
      let missing = try ask(server, "HEAD /none HTTP/1.1\r\nHost: here\r\n\r\n")
      #expect(missing.hasPrefix("HTTP/1.1 404 ") && missing.hasSuffix("\r\n\r\n"))
    }
  }

  @Test func requestsInOneWriteAreAnsweredInOrder() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let count = 200
      try peer.write(
        (0..<count).map { "GET /name?n=\($0) HTTP/1.1\r\nHost: here\r\n\r\n" }.joined())
      for index in 0..<count {
        _ = try peer.readHead()
        let body = Array("\(index)\n".utf8)
        #expect(try peer.read(body.count) == body)
      }
    }
  }

  @Test func requestInSingleBytesIsAnswered() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      for byte in "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n".utf8 { try peer.write([byte]) }
      #expect(try peer.readHead().hasPrefix("HTTP/1.1 200 OK"))
    }
  }

  @Test func tooLargeHeadIsRefusedWhetherOrNotItEnds() async throws {
    try await withServer(routes) { server in
      let endless = try Peer(port: server.port)
      try endless.write("GET /hello HTTP/1.1\r\nX: " + String(repeating: "x", count: 17_000))
      #expect(try endless.readHead().hasPrefix("HTTP/1.1 431 "))
      let whole = try Peer(port: server.port)
      try whole.write(
        "GET /hello HTTP/1.1\r\nHost: here\r\nX: " + String(repeating: "x", count: 17_000)
          + "\r\n\r\n")
      #expect(try whole.readHead().hasPrefix("HTTP/1.1 431 "))
    }
  }

  /// Larger than what sockets hold, so that most of it waits in the queue when the request's end, or
  /// the client's, has been read.
  @Test(arguments: [
    "1.1\r\nHost: here\r\n", "1.1\r\nHost: here\r\nConnection: close\r\n", "1.0\r\n",
  ])
  func largeResponseReachesAClientThatHasClosedItsSide(head: String) async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write("GET /large HTTP/\(head)\r\n")
      peer.halfClose()
      _ = try peer.readHead()
      let body = try peer.readToEnd()
      #expect(same(body, HTTPTests.large))
    }
  }

  @Test func requestsWaitBehindAResponseThatIsNotTaken() async throws {
    var configuration = ServerConfiguration.testing
    configuration.sendQueueLimit = 1000
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      try peer.write(
        String(repeating: "GET /large HTTP/1.1\r\nHost: here\r\n\r\n", count: 3)
          + "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n")
      for _ in 0..<3 {
        _ = try peer.readHead()
        #expect(same(try peer.read(HTTPTests.large.count), HTTPTests.large))
      }
      _ = try peer.readHead()
      #expect(try peer.read(6) == Array("hello\n".utf8))
    }
  }
}
