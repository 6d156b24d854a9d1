// SPDX-License-Identifier: Apache-2.0

import SwiftletTestSupport
import Testing

@testable import SwiftletServer

@Suite(.blocking) struct ResponseTests {
  /// What comes over the wire.
  private func text(_ response: Response, to request: String) async throws -> String {
    var routes = Routes()
    routes.get("/") { _ in response }
    return try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(request)
      peer.halfClose()
      // The request's name is another each time.
      return String(decoding: try peer.readToEnd(), as: UTF8.self)
        .replacing(/X-Request-ID: [^\r\n]+\r\n/, with: "")
    }
  }

  @Test func responseIsWrittenWhole() async throws {
    #expect(
      try await text(Response(.ok, "fine"), to: "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        == "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + "Content-Length: 5\r\n\r\nfine\n")
  }

  @Test func closeIsAnnounced() async throws {
    #expect(
      try await text(Response(.notFound, body: []), to: "GET / HTTP/1.0\r\n\r\n")
        == "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + "Content-Length: 0\r\nConnection: close\r\n\r\n")
  }

  @Test func headHasTheLengthWithoutTheBody() async throws {
    let response = Response(contentType: "text/csv", fields: [("X", "y")], body: [1, 2, 3])
    #expect(
      try await text(response, to: "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        == "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 3\r\nX: y\r\n\r\n")
  }

  @Test func longHeadIsSentWhole() async throws {
    let fields = (0..<2000).map { ("X-\($0)", String(repeating: "v", count: 100)) }
    let answer = try await text(
      Response(fields: fields, body: Array("end".utf8)),
      to: "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(answer.contains("\r\nX-1999: vv") && answer.hasSuffix("\r\n\r\nend"))
    #expect(answer.split(separator: "\r\n").count == 2004)
  }

  @Test func everyStatusHasItsPhrase() {
    let phrases = (100...599).compactMap { Status(rawValue: $0)?.phrase }
    #expect(phrases.allSatisfy { !$0.isEmpty } && Set(phrases).count == phrases.count)
  }
}

@Suite struct RoutesTests {
  @Test func pathsAreExact() {
    var routes = Routes()
    routes.get("/a") { _ in Response(.ok, "a") }
    routes.webSocket("/b") { _ in MessageHandler() }
    routes.webSocket("/a") { _ in MessageHandler() }
    #expect(routes["/a"]?["GET"] != nil && routes["/a"]?.webSocket != nil)
    #expect(routes["/b"]?["GET"] == nil && routes["/b"]?.webSocket != nil)
    for path in ["/", "/a/", "/A", "a", "/a/b"] where routes[path] != nil {
      Issue.record("a route at \(path)")
    }
  }

  @Test func pathsBelowAPrefixGiveWayToExactOnes() {
    var routes = Routes()
    routes.webSocket(below: "/a/") { _ in MessageHandler() }
    routes.get("/a/b") { _ in Response(.ok, "b") }
    #expect(routes["/a/c"]?.webSocket != nil && routes["/a/"]?.webSocket != nil)
    #expect(routes["/a/b"]?.webSocket == nil && routes["/a"] == nil)
  }

  @Test func methodsAreNamedWhereAnotherIsAsked() {
    var routes = Routes()
    routes.get("/a") { _ in Response(.ok, "a") }
    routes.post("/a", maxBodySize: 1) { _, _, _ in }
    routes.post("/b", maxBodySize: 1) { _, _, _ in }
    #expect(routes["/a"]?.allowed == "GET, HEAD, POST" && routes["/b"]?.allowed == "POST")
    #expect(routes["/a"]?["HEAD"]?.name == "GET" && routes["/b"]?["HEAD"] == nil)
  }
}

@Suite struct ServerConfigurationTests {
  @Test func deadlinesAreWholeMillisecondsThatTheClockCanTellApart() {
    var configuration = ServerConfiguration()
    configuration.idleTimeout = .microseconds(1)
    configuration.pingInterval = .seconds(1 << 40)
    configuration.drainTimeout = .milliseconds(1500)
    configuration.closeTimeout = .seconds(-1)
    let deadlines = configuration.loop.deadlines
    #expect(deadlines.idle == 1 && deadlines.close == 1)
    #expect(deadlines.ping == UInt32(Int32.max))
    #expect(deadlines.drain == 1500)
    #expect(deadlines.handshake == 5000)
  }

  @Test(arguments: [(1, 10), (100, 25), (900, 225), (5000, 250), (60_000, 250)])
  func sweepsAreAQuarterOfTheShortestDeadline(shortest: Int, interval: UInt32) {
    var configuration = ServerConfiguration()
    configuration.handshakeTimeout = .milliseconds(shortest)
    configuration.closeTimeout = .seconds(3600)
    configuration.drainTimeout = .seconds(3600)
    configuration.pingInterval = .seconds(3600)
    configuration.idleTimeout = .seconds(3600)
    #expect(configuration.loop.sweepInterval == interval)
  }

  @Test func addressShowsIPv6InBrackets() {
    #expect("\(ServerAddress(host: "::1", port: 80))" == "[::1]:80")
    #expect("\(ServerAddress(host: "127.0.0.1", port: 80))" == "127.0.0.1:80")
  }
}
