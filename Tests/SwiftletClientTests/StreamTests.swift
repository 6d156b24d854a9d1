// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletClient
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Connections that carry bytes as they are.
@Suite(.blocking) struct StreamTests {
  enum Event: Equatable {
    case connected
    case opened
    case received([UInt8])
    case drained
    case closed(CloseCode)
    case failed(String)
  }

  /// Writes everything down, and uses what comes in whole numbers of `unit` bytes.
  private final class Recorder: ClientStreamHandler {
    let log: EventLog<Event>
    let unit: Int
    var onOpen: (borrowing Connection) -> Void = { _ in }

    init(_ log: EventLog<Event>, unit: Int = 1) {
      self.log = log
      self.unit = unit
    }

    override func connected() { log.add(.connected) }
    override func failed(_ error: ConnectError) { log.add(.failed("\(error)")) }
    override func opened(_ connection: borrowing Connection) {
      log.add(.opened)
      onOpen(connection)
    }
    override func received(_ bytes: RawSpan, on connection: borrowing Connection) -> Int {
      log.add(.received(bytes.withUnsafeBytes { Array($0) }))
      return bytes.byteCount / unit * unit
    }
    override func drained(_ connection: borrowing Connection) { log.add(.drained) }
    override func closed(_ connection: borrowing Connection, code: CloseCode) {
      log.add(.closed(code))
    }
  }

  @Test func handlerIsToldEverythingInOrder() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    try await withClient { client in
      let handler = Recorder(log)
      handler.onOpen = { $0.send(bytes: Array("hello".utf8).span.bytes) }
      try client.connectStream(to: "127.0.0.1", port: listener.port, handler: handler)
      let peer = try listener.accept()
      #expect(try peer.read(5) == Array("hello".utf8))
      try peer.write("you")
      try log.wait(for: 3)
      peer.close()
      #expect(
        try log.wait(for: 4)
          == [.connected, .opened, .received(Array("you".utf8)), .closed(.normal)])
    }
  }

  @Test func whatIsNotUsedIsGivenAgainInFrontOfTheRest() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    try await withClient { client in
      try client.connectStream(
        to: "127.0.0.1", port: listener.port, handler: Recorder(log, unit: 4))
      let peer = try listener.accept()
      try peer.write([1, 2, 3])
      try log.wait(for: 3)
      try peer.write([4, 5])
      try log.wait(for: 4)
      try peer.write([6, 7, 8])
      #expect(
        try log.wait(for: 5)
          == [
            .connected, .opened, .received([1, 2, 3]), .received([1, 2, 3, 4, 5]),
            .received([5, 6, 7, 8]),
          ])
    }
  }

  @Test func handlerThatUsesNothingOfAFullBufferIsCutOff() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    try await withClient { client in
      try client.connectStream(
        to: "127.0.0.1", port: listener.port, handler: Recorder(log, unit: .max))
      let peer = try listener.accept()
      // More than fits into the sockets' buffers beside: it may not all be taken.
      try? peer.write([UInt8](repeating: 0, count: 16 << 20))
      #expect(try log.wait { $0.last == .closed(.abnormal) }.last == .closed(.abnormal))
    }
  }

  @Test func endingSendsWhatWaitsFirst() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    let ended = EventLog<Void>()
    let many = (0..<(16 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try await withClient { client in
      let handler = Recorder(log)
      handler.onOpen = {
        $0.send(bytes: many.span.bytes)
        $0.close(.normal)
        // Too late.
        $0.send(bytes: ([1, 2, 3] as [UInt8]).span.bytes)
        ended.add()
      }
      try client.connectStream(to: "127.0.0.1", port: listener.port, handler: handler)
      let peer = try listener.accept()
      // A peer that read meanwhile could take all of it at once, and nothing would have to wait.
      try ended.wait()
      let received = try peer.readToEnd()
      // Before they are compared, which takes longer than the client waits for this end.
      peer.close()
      #expect(try log.wait { $0.last == .closed(.normal) }.count == 4)
      #expect(received == many)
    }
  }

  @Test func tellsWhenABacklogHasGone() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    try await withClient { client in
      let handler = Recorder(log)
      handler.onOpen = {
        $0.send(bytes: [UInt8](repeating: 1, count: 16 << 20).span.bytes)
        let isBacklogged = $0.isBacklogged
        #expect(isBacklogged)
      }
      try client.connectStream(to: "127.0.0.1", port: listener.port, handler: handler)
      let peer = try listener.accept()
      _ = try peer.read(16 << 20)
      #expect(try log.wait(for: 3) == [.connected, .opened, .drained])
    }
  }

  @Test func resetIsNoOrderlyEnd() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    try await withClient { client in
      try client.connectStream(to: "127.0.0.1", port: listener.port, handler: Recorder(log))
      let peer = try listener.accept()
      try log.wait(for: 2)
      peer.reset()
      #expect(try log.wait(for: 3).last == .closed(.abnormal))
    }
  }

  @Test func refusedConnectionIsToldOf() async throws {
    let listener = try PeerListener()
    let port = listener.port
    listener.close()
    let log = EventLog<Event>()
    try await withClient { client in
      try client.connectStream(to: "127.0.0.1", port: port, handler: Recorder(log))
      let sentence =
        "cannot connect to tcp://127.0.0.1:\(port): Connection refused; "
        + "check that the server runs there"
      #expect(try log.wait() == [.failed(sentence)])
    }
  }

  @Test func shutDownEndsStreams() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    let peer = try await withClient { client in
      try client.connectStream(to: "127.0.0.1", port: listener.port, handler: Recorder(log))
      try log.wait(for: 2)
      return try listener.accept()
    }
    #expect(try peer.readToEnd() == [])
    #expect(try log.wait(for: 3).last == .closed(.goingAway))
  }

  // MARK: - Local addresses

  @Test func connectionsComeFromTheAddressGiven() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      for address in ["127.0.0.2", "127.9.8.7"] {
        try client.connectStream(
          to: "127.0.0.1", port: listener.port, from: address, handler: Recorder(EventLog()))
        #expect(try listener.accept().remoteAddress == address)

        var options = ConnectOptions()
        options.localAddress = address
        let (connection, peer) = try await open(client, listener, options)
        #expect(peer.remoteAddress == address)
        connection.close()
      }
    }
  }

  @Test func nameIsNoLocalAddress() async throws {
    try await withClient { client in
      let error = #expect(throws: ConnectError.self) {
        try client.connectStream(
          to: "127.0.0.1", port: 1, from: "localhost", handler: Recorder(EventLog()))
      }
      #expect(
        "\(error!)" == "the local address \"localhost\" is not numeric; give one of this machine, "
          + "such as 127.0.0.2")
      var options = ConnectOptions()
      options.localAddress = ""
      let failure = try await failure(
        of: await client.connect("ws://127.0.0.1/", options))
      guard case .localAddress("") = failure else {
        throw PeerError.unexpected("\(failure as Any)")
      }
    }
  }

  @Test func localAddressOfAnotherMachineIsToldOf() async throws {
    let listener = try PeerListener()
    let log = EventLog<Event>()
    try await withClient { client in
      try client.connectStream(
        to: "127.0.0.1", port: listener.port, from: "192.0.2.1", handler: Recorder(log))
      #expect(
        try log.wait() == [
          .failed(
            "cannot connect to tcp://127.0.0.1:\(listener.port): Cannot assign requested address; "
              + "the local address must be this machine's and have ports left: spread the "
              + "connections over several")
        ])
    }
  }
}
