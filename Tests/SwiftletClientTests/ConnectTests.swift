// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletClient

/// The way to a TCP connection, and leaving it.
@Suite(.blocking) struct ConnectTests {
  /// A port of this machine nobody listens at.
  private func closedPort() throws -> UInt16 {
    let listener = try PeerListener()
    defer { listener.close() }
    return listener.port
  }

  /// A listener whose queue is full: further connections get no answer at all.
  private func deafListener() throws -> (PeerListener, [Peer]) {
    let listener = try PeerListener(backlog: 0)
    return (listener, [try Peer(port: listener.port)])
  }

  @Test func refusalSaysWhere() async throws {
    let port = try closedPort()
    try await withClient { client in
      let error = try await failure(of: try await client.connect("ws://127.0.0.1:\(port)/?secret"))
      #expect(
        "\(error!)" == "cannot connect to ws://127.0.0.1:\(port): Connection refused; "
          + "check that the server runs there")
      #expect(error!.isTransient)
    }
  }

  @Test func unknownHostSaysSo() async throws {
    try await withClient { client in
      // Names under .invalid are never known (RFC 6761).
      let error = try await failure(of: try await client.connect("ws://host.invalid/"))
      guard case .unknownHost(let server, _) = error else { throw error ?? .shutDown }
      #expect(server == "ws://host.invalid:80")
    }
  }

  @Test func nameOfThisMachineIsResolvedForAllWhoAsk() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      try await withThrowingTaskGroup(of: AsyncConnection.self) { group in
        for _ in 0..<20 {
          group.addTask { try await client.connect("ws://localhost:\(listener.port)/") }
        }
        for _ in 0..<20 { _ = try listener.acceptWebSocket() }
        #expect(try await group.reduce(0) { count, _ in count + 1 } == 20)
      }
    }
  }

  @Test(arguments: [
    [("A B", "c")], [("Host", "c")], [("Sec-WebSocket-Key", "c")], [("A", "b\r\nC: d")],
  ])
  func fieldsThatCannotBeSentAreRefused(fields: [(String, String)]) async throws {
    var options = ConnectOptions()
    options.fields = fields.map { (name: $0.0, value: $0.1) }
    try await withClient { [options] client in
      let error = try await failure(of: try await client.connect("ws://127.0.0.1:1/", options))
      guard case .options(.argument) = error else { throw error ?? .shutDown }
    }
  }

  @Test func otherOptionsThatCannotBeSentAreRefused() async throws {
    var wrong = [ConnectOptions](repeating: ConnectOptions(), count: 4)
    wrong[0].origin = "a\0b"
    wrong[1].subprotocols = ["a", "a"]
    wrong[2].subprotocols = ["a b"]
    wrong[3].fields = [("A", String(repeating: "b", count: 1 << 20))]
    try await withClient { [wrong] client in
      for options in wrong {
        let error = try await failure(of: try await client.connect("ws://127.0.0.1:1/", options))
        guard case .options = error else { throw error ?? .shutDown }
      }
    }
  }

  // MARK: - Time

  @Test func serverThatDoesNotAnswerTheHandshakeTimesOut() async throws {
    let listener = try PeerListener()
    var configuration = ClientConfiguration.testing
    configuration.connectTimeout = .milliseconds(50)
    try await withClient(configuration) { client in
      let error = try await failure(
        of: try await client.connect("ws://127.0.0.1:\(listener.port)/"))
      guard case .timedOut = error else { throw error ?? .shutDown }
      _ = try listener.accept().readToEnd()
    }
  }

  @Test func addressThatDoesNotAnswerTimesOut() async throws {
    let (listener, waiting) = try deafListener()
    var configuration = ClientConfiguration.testing
    configuration.connectTimeout = .milliseconds(50)
    try await withClient(configuration) { client in
      let error = try await failure(
        of: try await client.connect("ws://127.0.0.1:\(listener.port)/"))
      guard case .timedOut = error else { throw error ?? .shutDown }
    }
    for peer in waiting { peer.close() }
  }

  // MARK: - Several addresses

  private func addresses(_ ports: [UInt16]) -> [SocketAddress] {
    ports.flatMap { Resolver.literal("127.0.0.1", $0) }
  }

  /// Connects on a loop of its own to one of several addresses.
  private func connect(
    to addresses: [SocketAddress], timeout: Duration = .seconds(3600),
    _ body: (PendingConnection) async throws -> Void
  ) async throws {
    var configuration = ClientConfiguration.testing
    configuration.connectTimeout = timeout
    let loop = try EventLoop(configuration: configuration.loop, logger: .init(label: "test"))
    let ended = Countdown(1)
    startThread("test") {
      loop.run()
      ended.countDown()
    }
    let pending = PendingConnection()
    let url = try WebSocketURL("ws://several")
    let attempt = ConnectAttempt(
      try ConnectOptions().request(to: url), handler: pending.makeHandler()
    ) {
      pending.report($0, of: url.server)
    }
    loop.connect(attempt)
    loop.connect(attempt, to: addresses)
    try await body(pending)
    loop.drain()
    await ended.wait()
  }

  @Test func addressesAreTriedInTurn() async throws {
    let listener = try PeerListener()
    let closed = try closedPort()
    try await connect(to: addresses([closed, closed, listener.port])) { pending in
      _ = try listener.acceptWebSocket()
      _ = try await pending.connection
    }
  }

  @Test func addressThatDoesNotAnswerLeavesTheNextItsShareOfTheTime() async throws {
    let (deaf, waiting) = try deafListener()
    let listener = try PeerListener()
    try await connect(
      // An eightieth for each: the second has far more than it takes.
      to: addresses([deaf.port] + Array(repeating: listener.port, count: 79)),
      timeout: .seconds(40)
    ) { pending in
      _ = try listener.acceptWebSocket()
      _ = try await pending.connection
    }
    for peer in waiting { peer.close() }
  }

  @Test func firstAddressSaysWhyNoneTookTheConnection() async throws {
    let closed = try closedPort()
    // Port 0 cannot be connected to either, for another reason.
    try await connect(to: addresses([closed, 0])) { pending in
      let error = try await failure(of: try await pending.connection)
      guard case .unreachable(_, ECONNREFUSED) = error else { throw error ?? .shutDown }
    }
  }

  // MARK: - Cancellation

  @Test func cancellationBeforeTheAnswerClosesTheSocket() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let task = Task { try await client.connect("ws://127.0.0.1:\(listener.port)/") }
      let peer = try listener.accept()
      _ = try peer.readHead()
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func cancellationBeforeTheConnectionStandsEndsTheAttempt() async throws {
    let (listener, waiting) = try deafListener()
    try await withClient { client in
      let task = Task { try await client.connect("ws://127.0.0.1:\(listener.port)/") }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    for peer in waiting { peer.close() }
  }

  @Test func cancellationsAtAnyMomentLeaveNoSocketOpen() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      for round in 0..<200 {
        let task = Task { try await client.connect("ws://127.0.0.1:\(listener.port)/") }
        let peer = try listener.accept()
        if round % 2 == 0 { try peer.agree(to: try peer.readHead()) }
        for _ in 0..<(round * 20) { sched_yield() }
        task.cancel()
        do {
          try await task.value.close()
        } catch {
          #expect(error is CancellationError)
        }
        // Open by then or never opened: the peer sees its end, by a close frame or without.
        while let frame = try? peer.receive(), frame.opcode != 0x8 {}
        peer.close()
      }
    }
  }

  // MARK: - The client's end

  @Test func shutDownGivesUpWhatIsBeingConnected() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      async let error = failure(of: try await client.connect("ws://127.0.0.1:\(listener.port)/"))
      let peer = try listener.accept()
      await client.shutDown()
      guard case .shutDown = try await error else { throw PeerError.unexpected("no error") }
      _ = try peer.readHead()
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func clientThatHasEndedConnectsNoMore() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      await client.shutDown()
      let error = try await failure(
        of: try await client.connect("ws://127.0.0.1:\(listener.port)/"))
      guard case .shutDown = error else { throw error ?? .shutDown }
      #expect("\(error!)" == "the client has been shut down; make a new one")
    }
  }
}
