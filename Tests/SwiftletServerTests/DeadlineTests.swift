// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

/// Each deadline is short where it is meant to pass and an hour where it is not: no test depends on
/// how long anything takes.
@Suite(.blocking) struct DeadlineTests {
  private let closes = EventLog<CloseCode>()

  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/echo") { [closes] _ in echoing(closes: closes) }
    routes.webSocket("/close") { [closes] _ in
      let probe = Probe(closes: closes)
      probe.onMessage = { _, _, connection in connection.close(.normal) }
      return probe
    }
    routes.webSocket("/flood") { [closes] _ in
      let probe = Probe(closes: closes)
      probe.onOpen = { $0.send(pattern(16_000_000).span.bytes, kind: .binary) }
      return probe
    }
    routes.webSocket("/flood-and-close") { [closes] _ in
      let probe = Probe(closes: closes)
      probe.onOpen = {
        $0.send(pattern(16_000_000).span.bytes, kind: .binary)
        $0.close(.normal)
      }
      return probe
    }
    routes.get("/hello") { _ in Response(.ok, "hello") }
    return routes
  }

  @Test(arguments: ["", "GET /hello HTTP/1.1\r\nHos"])
  func headThatDoesNotComeIsAnsweredWith408(begin: String) async throws {
    var configuration = ServerConfiguration.testing
    configuration.handshakeTimeout = .milliseconds(50)
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      try peer.write(begin)
      #expect(try peer.readHead().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
      #expect(server.metric("handshake_timeouts_total") == 1)
    }
  }

  @Test func connectionKeptAliveIsClosedWhenIdle() async throws {
    var configuration = ServerConfiguration.testing
    configuration.idleTimeout = .milliseconds(50)
    try await withServer(routes, configuration) { server in
      let peer = try Peer(port: server.port)
      try peer.write("GET /hello HTTP/1.1\r\nHost: here\r\n\r\n")
      #expect(try peer.readHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(try peer.readToEnd() == Array("hello\n".utf8), "closed without a word")
      #expect(server.metric("handshake_timeouts_total") == 0, "no request was late")
    }
  }

  @Test func silentConnectionIsPinged() async throws {
    var configuration = ServerConfiguration.testing
    configuration.pingInterval = .milliseconds(20)
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/echo")
      for _ in 0..<3 {
        #expect(try peer.receive() == Peer.Frame(opcode: 0x9, payload: []))
        try peer.send([], opcode: 0xa)
      }
    }
  }

  @Test func connectionWithoutASignOfLifeIsClosedWith1001() async throws {
    var configuration = ServerConfiguration.testing
    configuration.idleTimeout = .milliseconds(100)
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/echo")
      #expect(try peer.receiveClose() == 1001)
      try peer.sendClose(1001)
      #expect(try closes.wait() == [.goingAway])
    }
  }

  /// Our own pings are no sign of the peer's life.
  @Test func connectionThatDoesNotAnswerPingsIsClosedWith1001() async throws {
    var configuration = ServerConfiguration.testing
    configuration.idleTimeout = .milliseconds(200)
    configuration.pingInterval = .milliseconds(20)
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/echo")
      #expect(try peer.receiveClose() == 1001)
    }
  }

  @Test func idleConnectionThatTakesNothingIsCut() async throws {
    var configuration = ServerConfiguration.testing
    configuration.idleTimeout = .milliseconds(50)
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/flood")
      let codes = try closes.wait()
      #expect(codes == [.abnormal])
      peer.close()
    }
  }

  /// The silence of a connection that is not read is our own.
  @Test func pausedConnectionIsNotIdle() async throws {
    var configuration = ServerConfiguration.testing
    configuration.idleTimeout = .milliseconds(50)
    var routes = Routes()
    let references = EventLog<ConnectionReference>()
    routes.webSocket("/paused") { [closes] _ in
      let probe = echoing(closes: closes)
      probe.onOpen = { connection in
        connection.pauseReading()
        references.add(connection.reference)
      }
      return probe
    }
    routes.webSocket("/echo") { _ in echoing() }
    try await withServer(routes, configuration) { server in
      let paused = try server.open("/paused")
      try paused.send("waits")
      let reference = try references.wait()[0]
      // Twice as long as it takes for another one to be found idle.
      for _ in 0..<2 {
        let other = try server.open("/echo")
        #expect(try other.receiveClose() == 1001)
      }
      #expect(closes.all == [])
      reference.resumeReading()
      #expect(try paused.receiveText() == "waits")
    }
  }

  @Test func closeThatIsNotAnsweredIsCut() async throws {
    var configuration = ServerConfiguration.testing
    configuration.closeTimeout = .milliseconds(50)
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/close")
      try peer.send([])
      #expect(try peer.receiveClose() == 1000)
      #expect(try peer.readToEnd() == [])
      #expect(try closes.wait() == [.normal])
    }
  }

  /// Whoever goes on sending but takes nothing has no claim on more time.
  @Test func closeBehindOutputThatIsNotTakenIsCut() async throws {
    var configuration = ServerConfiguration.testing
    configuration.closeTimeout = .milliseconds(200)
    configuration.sendQueueLimit = 1 << 30
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/flood-and-close")
      #expect(throws: PeerError.self) {
        while true { try peer.send([1], opcode: 0xa) }
      }
      #expect(try closes.wait() == [.normal])
    }
  }

  @Test func peerThatBrokeTheProtocolAndStaysIsCut() async throws {
    var configuration = ServerConfiguration.testing
    configuration.closeTimeout = .milliseconds(50)
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/echo")
      try peer.write([0x83, 0x80, 0, 0, 0, 0])
      #expect(try peer.receiveClose() == 1002)
      #expect(try closes.wait() == [.protocolError])
    }
  }
}
