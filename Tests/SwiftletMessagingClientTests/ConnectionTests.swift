// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication
import SwiftletClient
import SwiftletMessaging
import SwiftletMessagingClient
import SwiftletTestSupport
import Synchronization
import Testing

/// Signing in, losing the connection, and giving up; mostly against a server that does as it is told.
@Suite struct ConnectionTests {
  /// Runs `body` with a listener that `client` is about to connect to.
  private func withListener(
    _ body: @escaping @Sendable (PeerListener, MessagingServer) async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(BlockingExecutor.shared) {
      let listener = try PeerListener()
      try await body(listener, MessagingServer(port: listener.port))
    }
  }

  @Test(arguments: WireFormat.allCases) func tokens(format: WireFormat) async throws {
    let tokens = try Tokens(parsing: "good p\nother elsewhere")
    try await withMessaging(Authentication(tokens: tokens)) { server in
      let client = try await server.connect(format) { $0.token = { "good" } }
      #expect(try await client.queues() == [])
      let refused = try await #require(throws: RequestError.self) {
        try await server.connect(format) { $0.token = { "bad" } }
      }
      #expect(refused.status == 401 && refused.action == "authenticate")
      let stranger = try await server.connect(format)
      let error = try await #require(throws: RequestError.self) { try await stranger.queues() }
      #expect(error.status == 403 && error.error == "Not authentified.")
    }
  }

  @Test func serverThatIsNotThere() async throws {
    try await withListener { listener, server in
      listener.close()
      await #expect(throws: ConnectError.self) { try await server.connect { $0.backoff = nil } }
      // With a backoff it is waited for.
      let waiting = Task { try await server.connect() }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
    }
  }

  @Test func cancellationEndsTheWaitAndNothingElse() async throws {
    try await withListener { listener, server in
      async let connecting = server.connect(.json)
      let peer = try listener.acceptWebSocket()
      let client = try await connecting
      let first = Task { try await client.metadata(of: "first") }
      let request = try peer.receiveRequest()
      first.cancel()
      await #expect(throws: CancellationError.self) { try await first.value }
      let second = Task { try await client.metadata(of: "second") }
      let next = try peer.receiveRequest()
      // The answers come in order all the same, and each to its own.
      try peer.answer(request, 200, ["for": "first"])
      try peer.answer(next, 200, ["for": "second"])
      #expect(try await second.value == ["for": "second"])
    }
  }

  @Test func answersAreMatchedByOrderWhereTheServerRepeatsNoID() async throws {
    try await withListener { listener, server in
      async let connecting = server.connect(.json)
      let peer = try listener.acceptWebSocket()
      let client = try await connecting
      let asking = Task { try await client.metadata(of: "q") }
      _ = try peer.receiveRequest()
      try peer.send(#"{"request": {}, "headers": {"status": 200}, "body": {"a": 1}}"#)
      #expect(try await asking.value == ["a": 1])
    }
  }

  @Test(arguments: [
    #"{"request": {}, "headers": {"status": 200}, "body": {}, "id": "another"}"#,
    #"{"request": {}, "headers": {}, "body": {}}"#, "[]", "{",
  ])
  func serverThatDoesNotSpeakTheProtocol(message: String) async throws {
    try await withListener { listener, server in
      async let connecting = server.connect(.json)
      let peer = try listener.acceptWebSocket()
      let client = try await connecting
      let asking = Task { try await client.metadata(of: "q") }
      _ = try peer.receiveRequest()
      try peer.send(message)
      await #expect(throws: MessagingError.self) { try await asking.value }
      #expect(try peer.receiveClose() == 1000)
      await #expect(throws: MessagingError.self) { try await client.ping() }
    }
  }

  @Test func requestsWaitForTheNextConnection() async throws {
    try await withListener { listener, server in
      async let connecting = server.connect(.json)
      var peer = try listener.acceptWebSocket()
      let client = try await connecting
      let lost = Task { try await client.metadata(of: "lost") }
      _ = try peer.receiveRequest()
      peer.halfClose()
      let error = try await #require(throws: MessagingError.self) { try await lost.value }
      #expect(error == .disconnected(.abnormal, reason: ""))
      let waiting = Task { try await client.metadata(of: "q") }
      peer = try listener.acceptWebSocket()
      try peer.answer(try peer.receiveRequest(), 200, ["a": 1])
      #expect(try await waiting.value == ["a": 1])
    }
  }

  @Test func withoutABackoffTheClientEndsWithItsConnection() async throws {
    try await withListener { listener, server in
      async let connecting = server.connect(.json) { $0.backoff = nil }
      let peer = try listener.acceptWebSocket()
      let client = try await connecting
      let asking = Task { try await client.ping() }
      _ = try peer.receiveRequest()
      try peer.sendClose(1001)
      _ = try peer.receiveClose()
      peer.close()
      let end = MessagingError.disconnected(.goingAway, reason: "")
      await #expect(throws: end) { try await asking.value }
      await #expect(throws: end) { try await client.ping() }
    }
  }

  /// 4003: the token has expired. The next connection signs in with the next.
  @Test func expiredTokenIsReplaced() async throws {
    try await withListener { listener, server in
      let counter = Counter()
      async let connecting = server.connect(.json) { $0.token = { "token \(counter.next())" } }
      var peer = try listener.acceptWebSocket()
      var request = try peer.receiveRequest()
      #expect(request["headers"] == ["X-Auth-Token": "token 1", "X-Project-ID": "p"])
      try peer.answer(request)
      let client = try await connecting
      let lost = Task { try await client.ping() }
      _ = try peer.receiveRequest()
      try peer.send([0x0f, 0xa3] + Array("Authentication expired.".utf8), opcode: 0x8)
      _ = try peer.receiveClose()
      peer.close()
      await #expect(
        throws: MessagingError.disconnected(
          .init(rawValue: 4003), reason: "Authentication expired.")
      ) { try await lost.value }

      peer = try listener.acceptWebSocket()
      request = try peer.receiveRequest()
      #expect(request["headers"] == ["X-Auth-Token": "token 2", "X-Project-ID": "p"])
      try peer.answer(request)
      let asking = Task { try await client.ping() }
      try peer.answer(try peer.receiveRequest())
      try await asking.value

      // One that is refused is the end.
      peer.halfClose()
      peer = try listener.acceptWebSocket()
      try peer.answer(try peer.receiveRequest(), 401, ["error": "Authentication failed."])
      _ = try peer.receiveClose()
      let error = try await #require(throws: RequestError.self) { try await client.ping() }
      #expect(error.status == 401)
    }
  }

  @Test func close() async throws {
    try await withListener { listener, server in
      async let connecting = server.connect(.json)
      let peer = try listener.acceptWebSocket()
      let client = try await connecting
      let asking = Task { try await client.ping() }
      _ = try peer.receiveRequest()
      let closing = Task { await client.close() }
      #expect(try peer.receiveClose() == 1000)
      peer.close()
      await closing.value
      await #expect(throws: MessagingError.closed) { try await asking.value }
      await #expect(throws: MessagingError.closed) { try await client.ping() }
    }
  }

  @Test func clientThatNobodyHoldsIsClosed() async throws {
    try await withListener { listener, server in
      let connecting = Task { _ = try await server.connect(.json) }
      let peer = try listener.acceptWebSocket()
      try await connecting.value
      #expect(try peer.receiveClose() == 1000)
    }
  }
}

/// Counts from one.
private final class Counter: Sendable {
  private let last = Atomic(0)

  func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}
