// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Connections that carry bytes as they are, on the server's side.
@Suite(.blocking) struct StreamTests {
  /// Made of closures, each run on the loop.
  private final class StreamProbe: StreamHandler {
    var onOpen: ((borrowing Connection) -> Void)?
    var onBytes: (RawSpan, borrowing Connection) -> Int = { bytes, connection in
      connection.send(bytes: bytes)
      return bytes.byteCount
    }
    var onWake: ((borrowing Connection) -> Void)?
    let closes: EventLog<CloseCode>

    init(closes: EventLog<CloseCode> = EventLog()) { self.closes = closes }

    override func opened(_ connection: borrowing Connection) { onOpen?(connection) }
    override func received(_ bytes: RawSpan, on connection: borrowing Connection) -> Int {
      onBytes(bytes, connection)
    }
    override func woken(_ connection: borrowing Connection) { onWake?(connection) }
    override func closed(_ connection: borrowing Connection, code: CloseCode) { closes.add(code) }
  }

  private func routes(_ make: @escaping @Sendable () -> StreamProbe) -> Routes {
    var routes = Routes()
    routes.stream(port: 0) { make() }
    routes.get("/hello") { _ in Response(.ok, "hello") }
    return routes
  }

  @Test func eachStreamHasItsPortBesideHTTP() async throws {
    var routes = routes { StreamProbe() }
    routes.stream(port: 0) {
      let probe = StreamProbe()
      probe.onOpen = { $0.send(bytes: Array("second".utf8).span.bytes) }
      return probe
    }
    try await withServer(routes) { server in
      let first = try Peer(port: server.streamPorts[0])
      let second = try Peer(port: server.streamPorts[1])
      #expect(try second.read(6) == Array("second".utf8))
      for text in ["GET / HTTP/1.1\r\n\r\n", "again"] {
        try first.write(text)
        #expect(try first.read(text.utf8.count) == Array(text.utf8))
      }
      #expect(server.metric("streams") == 2)
      let http = try Peer(port: server.port)
      try http.write("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(try http.readHead().hasPrefix("HTTP/1.1 200 "))
    }
  }

  @Test func endsAreTold() async throws {
    let closes = EventLog<CloseCode>()
    try await withServer(routes { StreamProbe(closes: closes) }) { server in
      let polite = try Peer(port: server.streamPorts[0])
      try polite.write("x")
      polite.halfClose()
      #expect(try polite.readToEnd() == [UInt8(ascii: "x")])
      #expect(try closes.wait(for: 1) == [.normal])
      let rude = try Peer(port: server.streamPorts[0])
      try rude.write("x")
      _ = try rude.read(1)
      rude.reset()
      #expect(try closes.wait(for: 2) == [.normal, .abnormal])
      // The loop counts behind the call it made.
      let http = try Peer(port: server.port)
      try http.write("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
      _ = try http.readHead()
      #expect(server.metric("streams") == 0 && server.metric("websockets") == 0)
      #expect(server.metric("websocket_closes_total{code=\"1000\"}") == 0)
    }
  }

  @Test func pausedStreamKeepsWhatHasCome() async throws {
    let references = EventLog<ConnectionReference>()
    let routes = routes {
      let probe = StreamProbe()
      var isFirst = true
      probe.onBytes = { bytes, connection in
        guard isFirst else {
          connection.send(bytes: bytes)
          return bytes.byteCount
        }
        isFirst = false
        connection.pauseReading()
        references.add(connection.reference)
        return 0
      }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try Peer(port: server.streamPorts[0])
      try peer.write("abc")
      let reference = try references.wait()[0]
      try peer.write("def")
      reference.resumeReading()
      #expect(try peer.read(6) == Array("abcdef".utf8))
    }
  }

  @Test func handlersAreWokenAndReachedByReference() async throws {
    let references = EventLog<ConnectionReference>()
    let routes = routes {
      let probe = StreamProbe()
      probe.onOpen = {
        references.add($0.reference)
        $0.wake(after: .milliseconds(1))
      }
      probe.onWake = { $0.send(bytes: ([1] as [UInt8]).span.bytes) }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try Peer(port: server.streamPorts[0])
      #expect(try peer.read(1) == [1])
      let reference = try references.wait()[0]
      reference.perform { $0.send(bytes: ([2] as [UInt8]).span.bytes) }
      #expect(try peer.read(1) == [2])
      reference.home.perform { loop in
        loop.with(reference) {
          // No WebSocket, so no messages.
          $0.send("no message")
          $0.send(bytes: ([3] as [UInt8]).span.bytes)
          $0.close(.normal)
        }
      }
      #expect(try peer.readToEnd() == [3])
    }
  }

  @Test func connectionsBeyondTheLimitAreEnded() async throws {
    var configuration = ServerConfiguration.testing
    configuration.maxConnections = 1
    try await withServer(routes { StreamProbe() }, configuration) { server in
      let first = try Peer(port: server.streamPorts[0])
      try first.write("x")
      _ = try first.read(1)
      #expect(try Peer(port: server.streamPorts[0]).readToEnd() == [])
      #expect(server.metric("requests_refused_total") == 1)
    }
  }

  @Test func drainEndsThem() async throws {
    let closes = EventLog<CloseCode>()
    let peer = try await withServer(routes { StreamProbe(closes: closes) }) { server in
      let peer = try Peer(port: server.streamPorts[0])
      try peer.write("x")
      _ = try peer.read(1)
      server.shutDown()
      return peer
    }
    #expect(try peer.readToEnd() == [])
    #expect(try closes.wait() == [.goingAway])
  }
}
