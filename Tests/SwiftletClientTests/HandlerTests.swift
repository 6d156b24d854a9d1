// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletClient
import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

/// The synchronous face, and what loops do for all connections.
@Suite(.blocking) struct HandlerTests {
  enum Event: Equatable {
    case connected
    case accepted(HandshakeAgreement)
    case opened
    case message(String)
    case peerClosed(CloseCode, String)
    case closed(CloseCode)
    case failed(String)
  }

  /// Writes everything down.
  private final class Recorder: ClientHandler {
    let log: EventLog<Event>
    init(_ log: EventLog<Event>) { self.log = log }

    override func connected() { log.add(.connected) }
    override func accepted(_ agreement: HandshakeAgreement) { log.add(.accepted(agreement)) }
    override func failed(_ error: ConnectError) { log.add(.failed("\(error)")) }
    override func opened(_ connection: borrowing Connection) {
      log.add(.opened)
      connection.send("from opened")
    }
    override func received(
      _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
    ) {
      message.withUnsafeBytes { log.add(.message(String(decoding: $0, as: UTF8.self))) }
    }
    override func peerClosed(
      _ connection: borrowing Connection, code: CloseCode, reason: String
    ) {
      log.add(.peerClosed(code, reason))
    }
    override func closed(_ connection: borrowing Connection, code: CloseCode) {
      log.add(.closed(code))
    }
  }

  @Test func handlerIsToldEverythingInOrder() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    var options = ConnectOptions()
    options.subprotocols = ["a"]
    try await withClient { [options] client in
      try client.connect("ws://127.0.0.1:\(listener.port)/", options, handler: Recorder(log))
      let peer = try listener.accept()
      try peer.agree(to: try peer.readHead(), fields: "Sec-WebSocket-Protocol: a\r\n")
      #expect(try peer.receive().payload == Array("from opened".utf8))
      try peer.send("hello")
      try peer.send([0x0f, 0xa0] + Array("bye".utf8), opcode: 0x8)
      #expect(try peer.receiveClose() == 4000)
      peer.close()
      let code = CloseCode(rawValue: 4000)
      #expect(
        try log.wait(for: 6) == [
          .connected, .accepted(HandshakeAgreement(subprotocol: "a", isCompressed: false)), .opened,
          .message("hello"), .peerClosed(code, "bye"), .closed(code),
        ])
    }
  }

  @Test func failureIsTheLastWord() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    try await withClient { client in
      try client.connect("ws://127.0.0.1:\(listener.port)/", handler: Recorder(log))
      let peer = try listener.accept()
      _ = try peer.readHead()
      peer.close()
      let server = "ws://127.0.0.1:\(listener.port)"
      let sentence =
        "cannot connect to \(server): it ended the connection before it answered the handshake; "
        + "check that it speaks WebSocket, and whether by TLS"
      #expect(try log.wait(for: 2) == [.connected, .failed(sentence)])
    }
  }

  @Test func wrongURLIsThrown() async throws {
    try await withClient { client in
      let error = #expect(throws: ConnectError.self) {
        try client.connect("http://a/", handler: Recorder(EventLog()))
      }
      #expect("\(error!)".contains("begins with ws://"))
    }
  }

  /// Sends the next number when the last one has come back.
  private final class Counter: ClientHandler {
    private let index: UInt32
    private let rounds: UInt32
    private var next: UInt32 = 0
    private let ends: EventLog<CloseCode>

    init(_ index: UInt32, rounds: UInt32, _ ends: EventLog<CloseCode>) {
      self.index = index
      self.rounds = rounds
      self.ends = ends
    }

    override func opened(_ connection: borrowing Connection) { send(connection) }
    override func received(
      _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
    ) {
      let isRight =
        message.byteCount == 8
        && message.unsafeLoadUnaligned(as: UInt32.self) == index
        && message.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self) == next
      next += 1
      if !isRight {
        connection.close(.internalError)
      } else if next == rounds {
        connection.close(.normal)
      } else {
        send(connection)
      }
    }
    override func closed(_ connection: borrowing Connection, code: CloseCode) { ends.add(code) }
    override func failed(_ error: ConnectError) { ends.add(.abnormal) }

    private func send(_ connection: borrowing Connection) {
      let numbers: InlineArray<2, UInt32> = [index, next]
      connection.send(numbers.span.bytes, kind: .binary)
    }
  }

  @Test func manyConnectionsOnOneLoopKeepTheirMessagesApart() async throws {
    let count = 2000
    var routes = Routes()
    routes.webSocket("/echo") { _ in Echo() }
    let ends = EventLog<CloseCode>()
    try await withServer(routes) { server in
      try await withClient { client in
        for index in 0..<count {
          try client.connect(
            "ws://127.0.0.1:\(server.port)/echo",
            handler: Counter(UInt32(index), rounds: 20, ends))
        }
        let codes = try ends.wait(for: count)
        #expect(codes.allSatisfy { $0 == .normal })
        #expect(server.metric("handshakes_total") == UInt64(count))
      }
    }
  }

  @Test func connectionsAreSpreadOverTheLoops() async throws {
    final class Where: ClientHandler {
      let threads: EventLog<UInt>
      init(_ threads: EventLog<UInt>) { self.threads = threads }
      override func opened(_ connection: borrowing Connection) { threads.add(pthread_self()) }
    }
    let listener = try PeerListener()
    let threads = EventLog<UInt>()
    var configuration = ClientConfiguration.testing
    configuration.loops = 3
    try await withClient(configuration) { client in
      for _ in 0..<6 {
        try client.connect("ws://127.0.0.1:\(listener.port)/", handler: Where(threads))
      }
      let peers = try (0..<6).map { _ in try listener.acceptWebSocket() }
      #expect(Set(try threads.wait(for: 6)).count == 3)
      for peer in peers { peer.close() }
    }
  }

  // MARK: - Deadlines

  @Test func silentServerIsPinged() async throws {
    let listener = try PeerListener()
    var configuration = ClientConfiguration.testing
    configuration.pingInterval = .milliseconds(20)
    try await withClient(configuration) { client in
      let (connection, peer) = try await open(client, listener)
      for _ in 0..<3 {
        #expect(try peer.receive().opcode == 0x9)
        try peer.send([], opcode: 0xa)
      }
      connection.close()
    }
  }

  @Test func serverWithoutASignOfLifeIsLeft() async throws {
    let listener = try PeerListener()
    var configuration = ClientConfiguration.testing
    configuration.idleTimeout = .milliseconds(50)
    try await withClient(configuration) { client in
      let (connection, peer) = try await open(client, listener)
      #expect(try peer.receiveClose() == 1001)
      peer.close()
      for try await _ in connection {}
      #expect(connection.closeCode == .goingAway)
    }
  }
}
