// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// What a client puts on the wire, seen by a server that is none of ours.
@Suite(.blocking) struct WireTests {
  @Test func requestIsTheHandshakes() async throws {
    let listener = try PeerListener()
    var options = ConnectOptions()
    options.subprotocols = ["b", "a"]
    options.origin = "https://example.org"
    options.fields = [("Authorization", "Bearer x"), ("Cookie", "y=1")]
    try await withClient { [options] client in
      async let peer = listener.accept()
      async let connection = client.connect("ws://127.0.0.1:\(listener.port)/a%20b?c=d", options)
      let head = try await peer.readHead()
      #expect(head.hasPrefix("GET /a%20b?c=d HTTP/1.1\r\n"))
      #expect(Peer.field("Host", of: head) == "127.0.0.1:\(listener.port)")
      #expect(Peer.field("Upgrade", of: head) == "websocket")
      #expect(Peer.field("Connection", of: head) == "Upgrade")
      #expect(Peer.field("Sec-WebSocket-Version", of: head) == "13")
      #expect(Peer.field("Sec-WebSocket-Protocol", of: head) == "b, a")
      #expect(Peer.field("Sec-WebSocket-Extensions", of: head) == nil)
      #expect(Peer.field("Origin", of: head) == "https://example.org")
      #expect(Peer.field("Authorization", of: head) == "Bearer x")
      #expect(Peer.field("Cookie", of: head) == "y=1")
      try await peer.agree(to: head, fields: "Sec-WebSocket-Protocol: a\r\n")
      #expect(try await connection.subprotocol == "a")
    }
  }

  @Test func everyConnectionHasAKeyOfItsOwn() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      var keys: Set<String> = []
      for _ in 0..<20 {
        async let connection = client.connect("ws://127.0.0.1:\(listener.port)")
        let peer = try listener.accept()
        let head = try peer.readHead()
        keys.insert(try #require(Peer.field("Sec-WebSocket-Key", of: head)))
        try peer.agree(to: head)
        try await connection.close()
      }
      #expect(keys.count == 20)
    }
  }

  /// Through the cork, through several of them, and through a queue's buffer.
  @Test func framesAreMaskedWithKeysOfTheirOwnAndTheSendersBytesAreLeftAlone() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let (connection, peer) = try await open(client, listener)
      let sizes = [0, 1, 5, 125, 126, 16_384, 16_385, 65_536, 100_000, 400_000] + Array(2..<50)
      let messages = sizes.map { pattern($0, seed: $0) }
      async let sent: Void = {
        for message in messages { try await connection.send(message) }
      }()
      var keys: Set<UInt32> = []
      for (index, size) in sizes.enumerated() {
        let frame = try peer.receive()
        #expect(frame.opcode == 0x2 && frame.isFinal && !frame.isCompressed)
        #expect(same(frame.payload, pattern(size, seed: size)), "\(size) bytes")
        #expect(same(messages[index], pattern(size, seed: size)), "the sender's bytes")
        keys.insert(try #require(frame.mask))
      }
      try await sent
      #expect(keys.count >= sizes.count - 1, "four random bytes are hardly ever the same")
    }
  }

  @Test func largeMessageBehindOneThatWaitsKeepsItsPlace() async throws {
    let listener = try PeerListener()
    var configuration = ClientConfiguration.testing
    configuration.sendQueueLimit = 1 << 30
    try await withClient(configuration) { client in
      let (connection, peer) = try await open(client, listener)
      // More than two sockets' buffers hold: the last ones meet a queue.
      let sizes = [8_000_000, 70_000, 3, 16_385, 1_000_000, 0, 16_384]
      for size in sizes { try await connection.send(pattern(size, seed: size)) }
      try await connection.send("end")
      for size in sizes {
        #expect(same(try peer.receive().payload, pattern(size, seed: size)), "\(size) bytes")
      }
      #expect(try peer.receive().payload == Array("end".utf8))
    }
  }

  @Test func pingIsAnswered() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let (connection, peer) = try await open(client, listener)
      try peer.send([1, 2, 3], opcode: 0x9)
      let pong = try peer.receive()
      #expect(pong.opcode == 0xa && pong.payload == [1, 2, 3])
      connection.close()
    }
  }

  @Test func fragmentsWithAPingBetweenMakeOneMessage() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let (connection, peer) = try await open(client, listener)
      var messages = connection.makeAsyncIterator()
      let parts = [pattern(70_000), [], pattern(300_000, seed: 1), pattern(5, seed: 2), []]
      for (index, part) in parts.enumerated() {
        try peer.send(part, opcode: index == 0 ? 0x2 : 0x0, isFinal: index == parts.count - 1)
        if index == 1 { try peer.send([1, 2, 3], opcode: 0x9) }
      }
      #expect(try peer.receive().opcode == 0xa)
      let message = try #require(try await messages.next())
      #expect(same(message.bytes, parts.flatMap { $0 }))
    }
  }

  @Test func messageCutIntoSingleBytesArrives() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let (connection, peer) = try await open(client, listener)
      var messages = connection.makeAsyncIterator()
      for byte in Peer.frame(opcode: 0x1, Array("Grüße".utf8), mask: nil) { try peer.write([byte]) }
      #expect(try await messages.next()?.text == "Grüße")
    }
  }
}
