// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletTestSupport
import Synchronization
import Testing

@testable import SwiftletServer

@Suite(.blocking) struct DrainTests {
  private let closes = EventLog<CloseCode>()

  /// A drain that only ends when it has nothing left to wait for.
  private var patient: ServerConfiguration {
    var configuration = ServerConfiguration.testing
    configuration.drainTimeout = .seconds(1 << 40)
    return configuration
  }

  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/echo") { [closes] _ in echoing(closes: closes) }
    routes.get("/hello") { _ in Response(.ok, "hello") }
    return routes
  }

  /// Waits until the server no longer listens.
  private func waitUntilDraining(_ server: RunningServer) throws {
    while let peer = try? Peer(port: server.port) { peer.close() }
    #expect(!server.metrics.isReady)
  }

  @Test func idleConnectionIsClosedWith1001AtOnce() async throws {
    try await withServer(routes, patient) { server in
      let peer = try server.open("/echo")
      try peer.send("before")
      #expect(try peer.receiveText() == "before")
      #expect(server.metrics.isReady)
      server.shutDown()
      #expect(try peer.receive().close?.code == 1001)
      try peer.sendClose(1001)
      #expect(try peer.readToEnd() == [])
      #expect(try closes.wait() == [.goingAway])
    }
  }

  @Test func messageThatBeganIsAnsweredFirst() async throws {
    try await withServer(routes, patient) { server in
      let peer = try server.open("/echo")
      let message = pattern(700_000)
      let frame = Peer.frame(opcode: 0x2, message)
      // The text behind it shows that the first part has been read.
      let other = try server.open("/echo")
      try peer.write(Array(frame[..<300_000]))
      try other.send("there?")
      _ = try other.receiveText()
      server.shutDown()
      #expect(try other.receive().close?.code == 1001)
      try peer.write(Array(frame[300_000...]))
      #expect(same(try peer.receive().payload, message))
      #expect(try peer.receive().close?.code == 1001)
      try peer.sendClose(1001)
      try other.sendClose(1001)
      #expect(try closes.wait(for: 2) == [.goingAway, .goingAway])
    }
  }

  @Test func outputThatWaitsIsSentFirst() async throws {
    try await withServer(routes, patient) { server in
      let peer = try server.open("/echo")
      let message = pattern(8_000_000)
      try peer.send(message)
      try waitUntilBusy(server)
      server.shutDown()
      try waitUntilDraining(server)
      #expect(same(try peer.receive().payload, message))
      #expect(try peer.receive().close?.code == 1001)
      try peer.sendClose(1001)
    }
  }

  private func waitUntilBusy(_ server: RunningServer) throws {
    while server.metric("messages_received_total") == 0 {
      let other = try server.open("/echo")
      try other.sendClose(1000)
      _ = try other.readToEnd()
    }
  }

  @Test func busyHandlerIsWaitedFor() async throws {
    let references = EventLog<ConnectionReference>()
    let isBusy = Flag()
    var routes = routes
    routes.webSocket("/later") { [closes] _ in
      let probe = Probe(closes: closes)
      probe.busy = { isBusy.value }
      probe.onMessage = { _, _, connection in
        isBusy.value = true
        references.add(connection.reference)
      }
      return probe
    }
    try await withServer(routes, patient) { server in
      let peer = try server.open("/later")
      try peer.send("work")
      let reference = try references.wait()[0]
      server.shutDown()
      try waitUntilDraining(server)
      reference.perform { connection in
        connection.send("done")
        isBusy.value = false
      }
      #expect(try peer.receiveText() == "done")
      #expect(try peer.receive().close?.code == 1001)
      try peer.sendClose(1001)
    }
  }

  @Test func taskAtWorkIsWaitedFor() async throws {
    let gate = AsyncStream<Void>.makeStream()
    let started = EventLog<Void>()
    var routes = Routes()
    routes.webSocket("/task") { connection in
      for try await message in connection {
        started.add()
        for await _ in gate.stream { break }
        try await connection.send(message.bytes)
      }
    }
    try await withServer(routes, patient) { server in
      let peer = try server.open("/task")
      try peer.send([1, 2, 3])
      try started.wait()
      server.shutDown()
      try waitUntilDraining(server)
      gate.continuation.finish()
      #expect(try peer.receive().payload == [1, 2, 3])
      #expect(try peer.receive().close?.code == 1001)
      try peer.sendClose(1001)
    }
  }

  /// Near the deadline the close is sent whether or not the handler is done.
  @Test func handlerThatStaysBusyIsToldAndThenCut() async throws {
    var configuration = patient
    configuration.drainTimeout = .milliseconds(300)
    var routes = Routes()
    routes.webSocket("/busy") { [closes] _ in
      let probe = Probe(closes: closes)
      probe.busy = { true }
      return probe
    }
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/busy")
      server.shutDown()
      #expect(try peer.receive().close?.code == 1001)
      #expect(try peer.readToEnd() == [])
    }
    #expect(closes.all == [.goingAway])
  }

  @Test func taskThatNeverEndsIsLeftBehindAtTheDeadline() async throws {
    var configuration = patient
    configuration.drainTimeout = .milliseconds(200)
    let gate = AsyncStream<Void>.makeStream()
    let outcomes = EventLog<String>()
    var routes = Routes()
    routes.webSocket("/task") { connection in
      for await _ in gate.stream { break }
      do {
        try await connection.send("too late")
        outcomes.add("sent")
      } catch {
        outcomes.add("\(type(of: error))")
      }
    }
    try await withServer(routes, configuration) { server in
      _ = try server.open("/task")
      server.shutDown()
    }
    // Its loop is gone; it goes on elsewhere and finds its connection closed.
    gate.continuation.finish()
    #expect(try outcomes.wait() == ["Closed"])
  }

  @Test func restingHTTPConnectionIsClosedAndABegunRequestAnswered() async throws {
    let whole = "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n"
    let (begin, rest) = (whole.prefix(10), whole.dropFirst(10))
    let handshake = Peer.handshake("/echo")
    try await withServer(routes, patient) { server in
      let resting = try Peer(port: server.port)
      try resting.write(whole)
      #expect(try resting.readHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
      let begun = try Peer(port: server.port)
      try begun.write(String(begin))
      let upgrading = try Peer(port: server.port)
      try upgrading.write(String(handshake.prefix(10)))
      // What the loop has not seen when the drain begins has not begun.
      let written = UInt64(whole.utf8.count + 10 + 10)
      while server.metric("received_bytes_total") != written {}
      server.shutDown()
      #expect(try resting.readToEnd() == Array("hello\n".utf8))
      try begun.write(String(rest))
      let answer = String(decoding: try begun.readToEnd(), as: UTF8.self)
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(answer.contains("\r\nConnection: close\r\n"))
      try upgrading.write(String(handshake.dropFirst(10)))
      #expect(try upgrading.readHead().hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
    }
  }

  @Test func cancellingTheServersTaskDrainsToo() async throws {
    var configuration = patient
    configuration.port = 0
    let server = try Server(configuration: configuration, routes: routes)
    let port = server.address.port
    let run = Task { try await server.run() }
    let peer = try Peer(port: port, path: "/echo")
    run.cancel()
    #expect(try peer.receive().close?.code == 1001)
    try peer.sendClose(1001)
    #expect(try peer.readToEnd() == [])
    try await run.value
  }
}

/// A truth shared by a test and a loop.
private final class Flag: Sendable {
  private let state = Atomic(false)
  var value: Bool {
    get { state.load(ordering: .acquiring) }
    set { state.store(newValue, ordering: .releasing) }
  }
}
