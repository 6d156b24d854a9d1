// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletClient

@Suite(.blocking) struct ReconnectTests {
  private var backoff: Backoff {
    var backoff = Backoff()
    backoff.base = .milliseconds(1)
    backoff.cap = .milliseconds(4)
    return backoff
  }

  @Test func serverThatDiesAndComesBackIsFoundAgain() async throws {
    var listener = try PeerListener()
    let port = listener.port
    let received = EventLog<String>()
    let log = EventLog<String>()
    try await withClient(logger: LogRecorder.logger(log)) { client in
      let receiver = Task { [backoff] in
        for try await connection in client.reconnecting(
          to: "ws://127.0.0.1:\(port)/", backoff: backoff)
        {
          for try await message in connection { received.add(message.text) }
          if received.all.count == 3 { break }
        }
      }
      for round in 1...3 {
        let peer = try listener.acceptWebSocket()
        try peer.send("\(round)")
        #expect(try received.wait(for: round).last == "\(round)")
        listener.close()
        peer.reset()
        if round == 3 { break }
        let lines = log.all.count
        try log.wait { $0[lines...].count { $0.contains("Connection refused") } >= 2 }
        listener = try PeerListener(port: port)
      }
      try await receiver.value
    }
  }

  @Test func refusedAttemptsAreRepeatedUntilTheLimit() async throws {
    let listener = try PeerListener()
    var backoff = backoff
    backoff.maxAttempts = 3
    try await withClient { [backoff] client in
      let task = Task {
        var connections = client.reconnecting(
          to: "ws://127.0.0.1:\(listener.port)/", backoff: backoff
        ).makeAsyncIterator()
        return try await connections.next()
      }
      for _ in 0..<3 {
        let peer = try listener.accept()
        _ = try peer.readHead()
        try peer.write("HTTP/1.1 503 Service Unavailable\r\n\r\n")
      }
      let error = try await #require(throws: ConnectError.self) { try await task.value }
      guard case .rejected(_, 503, _) = error else { throw error }
    }
  }

  @Test(arguments: [301, 400, 401, 403, 404])
  func refusalThatWillNotPassEndsIt(status: Int) async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let task = Task { [backoff] in
        var connections = client.reconnecting(
          to: "ws://127.0.0.1:\(listener.port)/", backoff: backoff
        ).makeAsyncIterator()
        return try await connections.next()
      }
      let peer = try listener.accept()
      _ = try peer.readHead()
      try peer.write("HTTP/1.1 \(status) No\r\n\r\n")
      let error = try await #require(throws: ConnectError.self) { try await task.value }
      guard case .rejected(_, status, _) = error else { throw error }
    }
  }

  @Test func retryAfterIsWaitedFor() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      async let connection = { [backoff] in
        var connections = client.reconnecting(
          to: "ws://127.0.0.1:\(listener.port)/", backoff: backoff
        ).makeAsyncIterator()
        return try await connections.next()
      }()
      let peer = try listener.accept()
      _ = try peer.readHead()
      let begin = ContinuousClock.now
      try peer.write("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n\r\n")
      _ = try listener.acceptWebSocket()
      #expect(begin.duration(to: .now) >= .seconds(1))
      #expect(try await connection != nil)
    }
  }

  @Test func connectionThatIsStillOpenIsClosedBeforeTheNext() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let peers = Task {
        let first = try listener.acceptWebSocket()
        #expect(try first.receiveClose() == 1000)
        _ = try listener.acceptWebSocket()
      }
      var count = 0
      for try await _ in client.reconnecting(
        to: "ws://127.0.0.1:\(listener.port)/", backoff: backoff)
      {
        count += 1
        if count == 2 { break }
      }
      try await peers.value
    }
  }

  @Test func cancellationEndsTheWait() async throws {
    let listener = try PeerListener()
    var backoff = backoff
    backoff.base = .seconds(3600)
    backoff.cap = .seconds(3600)
    try await withClient { [backoff] client in
      let task = Task {
        var connections = client.reconnecting(
          to: "ws://127.0.0.1:\(listener.port)/", backoff: backoff
        ).makeAsyncIterator()
        return try await connections.next()
      }
      let peer = try listener.accept()
      peer.close()
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  @Test func shutDownEndsTheSequence() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let connections = client.reconnecting(
        to: "ws://127.0.0.1:\(listener.port)/", backoff: backoff)
      let peers = Task { try listener.acceptWebSocket() }
      var count = 0
      for try await _ in connections {
        count += 1
        await client.shutDown()
      }
      #expect(count == 1)
      _ = try await peers.value
    }
  }

  // MARK: - Backoff

  @Test func boundsDoubleUpToTheCap() {
    var backoff = Backoff()
    backoff.base = .seconds(1)
    backoff.cap = .seconds(10)
    #expect(
      [1, 2, 3, 4, 5, 6].map { backoff.bound(after: $0) }
        == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
    #expect(backoff.bound(after: .max) == .seconds(10))
  }

  @Test func delaysLieAnywhereBelowTheBound() {
    var backoff = Backoff()
    backoff.base = .seconds(1)
    backoff.cap = .seconds(60)
    var generator = SystemRandomNumberGenerator()
    let delays = (0..<1000).map { _ in backoff.delay(after: 3, using: &generator) }
    #expect(delays.allSatisfy { $0 >= .zero && $0 < .seconds(4) })
    #expect(delays.contains { $0 < .seconds(1) } && delays.contains { $0 > .seconds(3) })
  }

  @Test(
    arguments: [
      ("7", .seconds(7)), ("0", .zero), ("1000000000000", .seconds(3600)),
      ("-1", nil), ("Fri, 31 Dec 1999 23:59:59 GMT", nil), ("", nil),
      ("99999999999999999999999", nil),
    ] as [(String, Duration?)])
  func retryAfterIsReadInSeconds(text: String, duration: Duration?) {
    let error = ConnectError.rejected(
      server: "", status: 503, fields: [("retry-AFTER", text)])
    #expect(error.retryAfter == duration)
  }
}
