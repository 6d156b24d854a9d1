// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import SwiftletTestSupport
import Testing

@Suite(.blocking) struct HTTPBodyTests {
  private var routes: Routes {
    var routes = Routes()
    routes.put(below: "/things/") { request, body throws(Refusal) in
      if body.isEmpty { throw Refusal(.badRequest, "Nothing.") }
      return Response(.ok, "\(request.path) \(body.count) \(body.first ?? 0) \(body.last ?? 0)")
    }
    routes.get("/things/list") { _ in Response(.ok, "a list") }
    return routes
  }

  private static func put(
    _ path: String, _ body: [UInt8], fields: String = ""
  ) -> [UInt8] {
    Array("PUT \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\(fields)\r\n".utf8)
      + body
  }

  private func answer(_ peer: Peer) throws -> String {
    let head = try peer.readHead()
    let size = Peer.field("Content-Length", of: head).flatMap { Int($0) } ?? 0
    let status = head.split(separator: " ")[1]
    return "\(status) " + String(decoding: try peer.read(size), as: UTF8.self)
  }

  @Test(arguments: [1, 100, 65536])
  func bodyComesToItsRoute(size: Int) async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let body = [UInt8](repeating: 7, count: size)
      for _ in 0..<3 {
        try peer.write(Self.put("/things/x", body))
        #expect(try answer(peer) == "200 /things/x \(size) 7 7\n")
      }
    }
  }

  @Test func bodyMayComeInPieces() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      // The next request follows at once, and looks like the body.
      let body = Array("PUT /things/y HTTP/1.1\r\n\r\n".utf8)
      let next = Array("GET /things/list HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
      for byte in Self.put("/things/x", body) + next { try peer.write([byte]) }
      #expect(try answer(peer) == "200 /things/x \(body.count) 80 10\n")
      #expect(try answer(peer) == "200 a list\n")
    }
  }

  @Test func pipelinedBodiesAreApart() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(
        Self.put("/things/a", [1, 2]) + Self.put("/things/b", [3]) + Self.put("/things/c", [4, 5]))
      #expect(try answer(peer) == "200 /things/a 2 1 2\n")
      #expect(try answer(peer) == "200 /things/b 1 3 3\n")
      #expect(try answer(peer) == "200 /things/c 2 4 5\n")
    }
  }

  @Test func bodyThatWaitsIsAskedFor() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let request = Self.put("/things/x", [9, 9], fields: "Expect: 100-continue\r\n")
      try peer.write(Array(request.dropLast(2)))
      #expect(try peer.readHead() == "HTTP/1.1 100 Continue")
      try peer.write([9])
      try peer.write([9])
      #expect(try answer(peer) == "200 /things/x 2 9 9\n")
    }
  }

  @Test(
    arguments: [
      ("PUT /things/x HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", 413),
      ("PUT /things/x HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
      ("PUT /things/x HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400),
      ("PUT /things/x HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na", 400),
      ("PUT /things/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\na", 400),
      ("PUT /things/x HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400),
      (
        "PUT /things/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        400
      ),
      (
        "PUT /things/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
      ),
      ("PUT /things/x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
      ("PUT /things/x HTTP/1.1\r\nContent-Length: 1\r\n\r\na", 400),
      ("POST /things/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 405),
      ("GET /things/x HTTP/1.1\r\nHost: h\r\n\r\n", 405),
      ("PUT /things/list HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 405),
    ] as [(String, Int)])
  func whatIsNoRequestWithABodyIsRefused(request: String, status: Int) async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(request)
      peer.halfClose()
      let answer = String(decoding: try peer.readToEnd(), as: UTF8.self)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
      #expect(answer.contains("\r\nConnection: close\r\n"))
      if request.hasPrefix("GET") { #expect(answer.contains("\r\nAllow: PUT\r\n")) }
    }
  }
}
