// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletClient

/// Servers that answer the handshake in all the ways there are.
@Suite(.blocking) struct HandshakeTests {
  /// Connects to a peer that answers `response` makes of the request.
  private func failure(
    _ options: ConnectOptions = ConnectOptions(),
    answering response: @escaping @Sendable (String) throws -> String
  ) async throws -> ConnectError? {
    let listener = try PeerListener()
    return try await withClient { client in
      async let error = SwiftletClientTests.failure(
        of: try await client.connect("ws://127.0.0.1:\(listener.port)/", options))
      let peer = try listener.accept()
      try peer.write(try response(try peer.readHead()))
      let result = try await error
      if result != nil { #expect(try peer.readToEnd() == [], "the socket is closed") }
      return result
    }
  }

  private static let start = "HTTP/1.1 101 Switching Protocols\r\n"

  @Test(
    arguments: [
      // Upgrade and Connection
      ("Upgrade: websocket", "Upgrade: web", -61),
      ("Upgrade: websocket\r\n", "", -61),
      ("Connection: Upgrade", "Connection: close", -61),
      ("Connection: Upgrade\r\n", "", -61),
      // the key's answer
      ("Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x", -62),
      ("Sec-WebSocket-Accept: ", "X: ", -62),
      ("\r\n\r\n", "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", -62),
      // what was not asked for
      ("\r\n\r\n", "\r\nSec-WebSocket-Protocol: c\r\n\r\n", -63),
      ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", -64),
      ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x-unheard-of\r\n\r\n", -64),
      // no HTTP
      ("HTTP/1.1", "HTTP/2.0", -52),
      ("101", "1O1", -50),
      ("Upgrade: websocket", "Upgrade : websocket", -50),
    ] as [(String, String, Int32)])
  func breachIsNamed(what: String, becomes: String, code: Int32) async throws {
    var options = ConnectOptions()
    options.subprotocols = ["a", "b"]
    let error = try await failure(options) { request in
      let right = try Peer.agreement(to: request)
      try #require(right.contains(what))
      return right.replacing(what, with: becomes, maxReplacements: 1)
    }
    guard case .handshake(_, let rule) = error else {
      Issue.record("\(error.map { "\($0)" } ?? "connected")")
      return
    }
    #expect(rule.code == code)
    #expect("\(error!)".contains("broke the rules of the handshake: \(rule); "))
    #expect(!error!.isTransient)
  }

  @Test func headWithoutEndIsRefused() async throws {
    let error = try await failure { _ in
      HandshakeTests.start + String(repeating: "X: y\r\n", count: 3000)
    }
    guard case .handshake(_, let rule) = error else {
      Issue.record("\(error.map { "\($0)" } ?? "connected")")
      return
    }
    #expect(rule.code == -51)
  }

  @Test func refusalCarriesStatusAndFields() async throws {
    let error = try #require(
      try await failure { _ in
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n"
      })
    guard case .rejected(_, 401, _) = error else { throw error }
    #expect(error.field("www-authenticate") == "Bearer")
    #expect("\(error)".hasSuffix("check the credentials in the request's fields"))
    #expect(!error.isTransient)
  }

  @Test func redirectSaysWhereTo() async throws {
    let error = try #require(
      try await failure { _ in "HTTP/1.1 302 Found\r\nLocation: ws://there/\r\n\r\n" })
    #expect(
      "\(error)".hasSuffix(
        "answered with status 302 instead of a WebSocket; connect to ws://there/"))
    #expect(!error.isTransient)
  }

  @Test(arguments: [408, 425, 429, 500, 503])
  func statusThatMayPassIsTransient(status: Int) async throws {
    let error = try #require(
      try await failure { _ in "HTTP/1.1 \(status) Wait\r\nRetry-After: 7\r\n\r\n" })
    #expect(error.isTransient)
    #expect(error.retryAfter == .seconds(7))
  }

  @Test func http10IsNoHandshake() async throws {
    let error = try await failure { request in
      try Peer.agreement(to: request).replacing("HTTP/1.1", with: "HTTP/1.0")
    }
    guard case .rejected = error else {
      Issue.record("\(error.map { "\($0)" } ?? "connected")")
      return
    }
  }

  @Test func endInsteadOfAnAnswerSaysSo() async throws {
    for answer in ["", HandshakeTests.start] {
      let listener = try PeerListener()
      try await withClient { client in
        async let error = SwiftletClientTests.failure(
          of: try await client.connect("ws://127.0.0.1:\(listener.port)/"))
        let peer = try listener.accept()
        _ = try peer.readHead()
        try peer.write(answer)
        peer.close()
        guard case .ended = try await error else { throw PeerError.unexpected("\(answer)") }
      }
    }
  }

  @Test func informationBeforeTheAnswerIsPassedOver() async throws {
    let error = try await failure { request in
      try "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
        + Peer.agreement(to: request)
    }
    #expect(error == nil)
  }

  @Test func answerCutIntoSingleBytesIsRead() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      async let connection = client.connect("ws://127.0.0.1:\(listener.port)/")
      let peer = try listener.accept()
      for byte in try Peer.agreement(to: try peer.readHead()).utf8 { try peer.write([byte]) }
      try peer.send("hello")
      var messages = try await connection.makeAsyncIterator()
      #expect(try await messages.next()?.text == "hello")
    }
  }

  @Test func framesRightBehindTheAnswerAreHandled() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      async let connection = client.connect("ws://127.0.0.1:\(listener.port)/")
      let peer = try listener.accept()
      let large = pattern(300_000)
      try peer.write(
        Array(try Peer.agreement(to: try peer.readHead()).utf8)
          + Peer.frame(opcode: 0x1, Array("one".utf8), mask: nil)
          + Peer.frame(opcode: 0x2, large, mask: nil))
      var messages = try await connection.makeAsyncIterator()
      #expect(try await messages.next()?.text == "one")
      let second = try #require(try await messages.next())
      #expect(same(second.bytes, large))
    }
  }
}
