// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

/// The server as a whole: where it listens, whom it lets in, what it leaves behind.
@Suite(.blocking) struct ServerTests {
  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/echo") { _ in echoing() }
    return routes
  }

  @Test func portInUseIsAnErrorThatSaysSo() async throws {
    try await withServer(routes) { server in
      var configuration = ServerConfiguration.testing
      configuration.port = server.port
      let error = #expect(throws: ServerError.self) {
        _ = try Server(configuration: configuration, routes: Routes())
      }
      #expect(
        "\(error!)" == "cannot listen at 127.0.0.1 port \(server.port): Address already in use; "
          + "choose another port")
    }
  }

  @Test func unknownHostIsAnErrorThatSaysSo() throws {
    var configuration = ServerConfiguration.testing
    configuration.host = "256.0.0.1"
    let error = #expect(throws: ServerError.self) {
      _ = try Server(configuration: configuration, routes: Routes())
    }
    #expect("\(error!)".hasPrefix("cannot listen at host \"256.0.0.1\": "))
  }

  @Test func serverThatNeverRanLeavesItsPort() throws {
    var configuration = ServerConfiguration.testing
    configuration.loops = 2
    configuration.port = try Server(configuration: configuration, routes: Routes()).address.port
    #expect(throws: Never.self) {
      _ = try Server(configuration: configuration, routes: Routes())
    }
  }

  @Test func everyLoopSharesThePort() async throws {
    var configuration = ServerConfiguration.testing
    configuration.loops = 3
    let threads = EventLog<String>()
    var routes = Routes()
    routes.webSocket("/where") { _ in
      let probe = Probe()
      probe.onOpen = { _ in threads.add(threadName()) }
      return probe
    }
    try await withServer(routes, configuration) { server in
      // The kernel spreads them by a hash of the ports: some come to each loop in the end.
      var peers: [Peer] = []
      while Set(threads.all).count < 3 {
        peers.append(try server.open("/where"))
        try threads.wait(for: peers.count)
        try #require(peers.count < 1000)
      }
    }
  }

  @Test func connectionsBeyondTheLimitGet503AndTheirPlaceIsFreedAgain() async throws {
    var configuration = ServerConfiguration.testing
    configuration.maxConnections = 2
    configuration.loops = 2
    try await withServer(routes, configuration) { server in
      let first = try server.open("/echo")
      let second = try server.open("/echo")
      let third = try Peer(port: server.port)
      #expect(try third.readHead().hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
      #expect(server.metric("requests_refused_total") == 1)
      #expect(server.metric("handshake_failures_total{reason=\"connections\"}") == 1)
      for peer in [first, second] {
        try peer.sendClose(1000)
        _ = try peer.readToEnd()
      }
      // Its end reaches the client a moment before the place is free.
      while server.metric("connections") != 0 { sched_yield() }
      let fourth = try server.open("/echo")
      try fourth.send("in")
      #expect(try fourth.receiveText() == "in")
    }
  }

  @Test func connectionsOfOneAddressBeyondTheLimitGet429AndTheirPlaceIsFreedAgain() async throws {
    var configuration = ServerConfiguration.testing
    configuration.maxConnectionsPerAddress = 2
    configuration.loops = 2
    try await withServer(routes, configuration) { server in
      let first = try server.open("/echo")
      let second = try server.open("/echo")
      let third = try Peer(port: server.port)
      #expect(try third.readHead().hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
      #expect(server.metric("handshake_failures_total{reason=\"connections_per_address\"}") == 1)
      try first.sendClose(1000)
      _ = try first.readToEnd()
      while server.metric("connections") != 1 { sched_yield() }
      let fourth = try server.open("/echo")
      for peer in [second, fourth] {
        try peer.send("in")
        #expect(try peer.receiveText() == "in")
      }
    }
  }

  /// Those beyond the rate wait and are served in time, none is lost; who is in does not notice.
  @Test func connectionsBeyondTheAcceptRateWaitTheirTurn() async throws {
    var configuration = ServerConfiguration.testing
    configuration.acceptRate = 10
    configuration.loops = 2
    // As often as deadlines are looked at is accepting resumed.
    configuration.pingInterval = .milliseconds(40)
    try await withServer(routes, configuration) { server in
      let open = try server.open("/echo")
      let storm = try (0..<20).map { _ in try Peer(port: server.port) }
      while server.metric("accept_pauses_total") == 0 { sched_yield() }
      try open.send("still here")
      var frame = try open.receive()
      while frame.opcode == 0x9 { frame = try open.receive() }
      #expect(frame.payload == Array("still here".utf8))
      for peer in storm {
        try peer.write("GET /nowhere HTTP/1.1\r\nHost: here\r\n\r\n")
        #expect(try peer.readHead().hasPrefix("HTTP/1.1 404 "))
      }
      #expect(
        server.metric("requests_refused_total") == 20, "each by its request, none for the rate")
    }
  }

  @Test func anEndedServerFreesItsLoops() async throws {
    final class Canary: Sendable {}
    weak var canary: Canary?
    var routes = routes
    try await {
      let kept = Canary()
      canary = kept
      let metrics = Metrics()
      routes.get("/metrics") { _ in
        Response(.ok, "\(kept) \(metrics.text().count)")
      }
      try await withServer(routes, metrics: metrics) { server in
        let peer = try server.open("/echo")
        try peer.send("x")
        _ = try peer.receiveText()
      }
      routes = Routes()
    }()
    #expect(canary == nil)
  }
}
