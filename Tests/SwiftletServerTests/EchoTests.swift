// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

@Suite(.blocking) struct EchoTests {
  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/echo") { _ in echoing() }
    return routes
  }

  /// Around the ends of the frame header's length forms, the cork, the receive buffer and a page.
  private static let sizes = [
    0, 1, 125, 126, 127, 4095, 4096, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 262_130,
    262_144, 262_145, 480_000, 1_048_577, 3_000_000,
  ]

  @Test func messagesOfEverySizeComeBack() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/echo")
      for size in EchoTests.sizes {
        let message = pattern(size, seed: size)
        try peer.send(message)
        let frame = try peer.receive()
        #expect(frame.opcode == 0x2 && frame.isFinal)
        #expect(same(frame.payload, message), "\(size) bytes")
      }
    }
  }

  @Test func manyMessagesInOneWriteComeBackInOrder() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/echo")
      let messages = (0..<3000).map { pattern($0 % 700, seed: $0) }
      try peer.write(messages.flatMap { Peer.frame(opcode: 0x2, $0) })
      for message in messages { #expect(same(try peer.receiveMessage(), message)) }
    }
  }

  @Test func messageCutIntoSingleBytesComesBack() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/echo")
      let message = pattern(300)
      for byte in Peer.frame(opcode: 0x2, message) { try peer.write([byte]) }
      #expect(same(try peer.receiveMessage(), message))
    }
  }

  @Test func framesRightBehindTheHandshakeAreHandled() async throws {
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      let first = Array("one".utf8)
      let second = pattern(100_000)
      try peer.write(
        Array(Peer.handshake("/echo").utf8) + Peer.frame(opcode: 0x1, first)
          + Peer.frame(opcode: 0x2, second))
      #expect(try peer.readHead().hasPrefix("HTTP/1.1 101 "))
      #expect(try peer.receive() == Peer.Frame(opcode: 0x1, payload: first))
      #expect(try peer.receive() == Peer.Frame(opcode: 0x2, payload: second))
    }
  }

  @Test func fragmentsWithAPingBetweenMakeOneMessage() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/echo")
      let parts = [pattern(70_000), [], pattern(300_000, seed: 1), pattern(5, seed: 2), []]
      for (index, part) in parts.enumerated() {
        try peer.send(part, opcode: index == 0 ? 0x2 : 0x0, isFinal: index == parts.count - 1)
        if index == 1 { try peer.send([1, 2, 3], opcode: 0x9) }
      }
      #expect(try peer.receive() == Peer.Frame(opcode: 0xa, payload: [1, 2, 3]))
      #expect(try peer.receive() == Peer.Frame(opcode: 0x2, payload: parts.flatMap { $0 }))
    }
  }

  @Test func textStaysText() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/echo")
      try peer.send("Grüße, 世界")
      #expect(
        try peer.receive() == Peer.Frame(opcode: 0x1, payload: Array("Grüße, 世界".utf8)))
    }
  }

  @Test func manyConnectionsAtOnceKeepTheirMessagesApart() async throws {
    var configuration = ServerConfiguration.testing
    configuration.loops = 2
    try await withServer(routes, configuration) { server in
      let peers = try (0..<50).map { _ in try server.open("/echo") }
      for round in 0..<20 {
        for (index, peer) in peers.enumerated() {
          try peer.send(pattern(index * 40, seed: round * 50 + index))
        }
        for (index, peer) in peers.enumerated() {
          #expect(try peer.receiveMessage() == pattern(index * 40, seed: round * 50 + index))
        }
      }
      #expect(server.metric("websockets") == 50)
    }
  }

  /// The same message twice: the first takes the message's own buffer over into the queue, the
  /// second is copied from it.
  @Test func messageSentTwiceIsSentTwiceWhole() async throws {
    var routes = Routes()
    routes.webSocket("/twice") { _ in
      let probe = Probe()
      probe.onMessage = { message, kind, connection in
        for _ in 0..<2 { connection.send(message, kind: kind) }
        connection.send("done")
      }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try server.open("/twice")
      let message = pattern(6_000_000)
      try peer.send(message)
      #expect(same(try peer.receiveMessage(), message))
      #expect(same(try peer.receiveMessage(), message))
      #expect(try peer.receiveText() == "done")
    }
  }

  @Test func largestMessageIsTakenAndALargerOneIsClosedWith1009() async throws {
    var configuration = ServerConfiguration.testing
    configuration.maxMessageSize = 100_000
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/echo")
      let message = pattern(100_000)
      try peer.send(message)
      #expect(same(try peer.receiveMessage(), message))
      try peer.send(pattern(100_001))
      #expect(try peer.receiveClose() == 1009)
      #expect(try peer.readToEnd() == [])
      #expect(server.metric("protocol_errors_total") == 1)
    }
  }

  /// With no limit to speak of, a header may promise more than there is memory.
  @Test(arguments: [UInt64(1) << 40, UInt64(Int64.max) - 10, UInt64(Int64.max)])
  func promiseOfAHeaderIsNotBelieved(length: UInt64) async throws {
    var configuration = ServerConfiguration.testing
    configuration.maxMessageSize = .max
    try await withServer(routes, configuration) { server in
      let liar = try server.open("/echo")
      let size = withUnsafeBytes(of: length.bigEndian) { Array($0) }
      try liar.write([0x82, 0xff] + size + [0, 0, 0, 0] + pattern(100))
      let peer = try server.open("/echo")
      try peer.send("alive")
      #expect(try peer.receiveText() == "alive")
    }
  }

  @Test func tooManyFragmentsAreClosedWith1009() async throws {
    var configuration = ServerConfiguration.testing
    configuration.maxFragments = 10
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/echo")
      for index in 0..<11 { try peer.send([1], opcode: index == 0 ? 0x2 : 0x0, isFinal: false) }
      #expect(try peer.receiveClose() == 1009)
    }
  }
}
