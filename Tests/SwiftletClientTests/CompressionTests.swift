// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Compression agreed on between the client and this package's server, or servers with wishes of
/// their own.
@Suite(.blocking) struct CompressionTests {
  private static let modes: [Compression] = [
    .off, .shared, .own(memoryLimit: 1 << 20), .own(memoryLimit: 32 << 10),
  ]

  /// Text shrinks, noise does not, and some is too short to try.
  private static let messages: [[UInt8]] = [
    [], [1], Array("short".utf8), Array(String(repeating: "hello ", count: 1000).utf8),
    pattern(100_000), [UInt8](repeating: 7, count: 1_000_000),
    (0..<300_000).map { _ in UInt8.random(in: 0...255) },
  ]

  @Test(arguments: modes, modes)
  func messagesComeBackWhateverIsAgreedOn(ours: Compression, theirs: Compression) async throws {
    var routes = Routes()
    routes.webSocket("/echo", compression: theirs) { _ in Echo() }
    var options = ConnectOptions()
    options.compression = ours
    try await withServer(routes) { [options] server in
      try await withClient { client in
        let connection = try await client.connect("ws://127.0.0.1:\(server.port)/echo", options)
        var replies = connection.makeAsyncIterator()
        for message in CompressionTests.messages + CompressionTests.messages {
          try await connection.send(message)
          let reply = try #require(try await replies.next())
          #expect(same(reply.bytes, message), "\(message.count) bytes")
        }
      }
    }
  }

  /// Connects to a peer that answers the offer, and returns the offer and the next frame's size.
  private func sizes(
    _ compression: Compression, answering extensions: String, messages: [[UInt8]]
  ) async throws -> (offer: String?, frames: [Peer.Frame]) {
    let listener = try PeerListener()
    var options = ConnectOptions()
    options.compression = compression
    return try await withClient { [options] client in
      async let connection = client.connect("ws://127.0.0.1:\(listener.port)/", options)
      let peer = try listener.accept()
      let head = try peer.readHead()
      try peer.agree(to: head, fields: "Sec-WebSocket-Extensions: \(extensions)\r\n")
      let opened = try await connection
      var frames: [Peer.Frame] = []
      for message in messages {
        try await opened.send(message)
        frames.append(try peer.receive())
      }
      return (Peer.field("Sec-WebSocket-Extensions", of: head), frames)
    }
  }

  private let text = Array(
    (0..<200).map { "\($0 &* 7919 % 1009) times" }.joined(separator: ", ").utf8)

  @Test func messagesAreCompressedAndMasked() async throws {
    let (offer, frames) = try await sizes(
      .shared, answering: "permessage-deflate; server_no_context_takeover",
      messages: [text, text, Array("short".utf8)])
    #expect(offer?.hasPrefix("permessage-deflate") == true)
    #expect(frames.map(\.isCompressed) == [true, true, false])
    #expect(frames[0].payload.count < text.count / 2)
    #expect(
      frames[0].payload == frames[1].payload, "each by itself, also where we were not told to")
    #expect(frames[0].mask != nil && frames[0].mask != frames[1].mask)
  }

  @Test func earlierMessagesAreRememberedWhereThatIsWanted() async throws {
    let (_, frames) = try await sizes(
      .own(memoryLimit: 1 << 20), answering: "permessage-deflate", messages: [text, text])
    #expect(frames[1].payload.count < frames[0].payload.count / 4)
  }

  @Test func dataThatIsNotDeflateIsClosedWith1007() async throws {
    let listener = try PeerListener()
    var options = ConnectOptions()
    options.compression = .shared
    try await withClient { [options] client in
      async let connection = client.connect("ws://127.0.0.1:\(listener.port)/", options)
      let peer = try listener.accept()
      try peer.agree(
        to: try peer.readHead(),
        fields: "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n")
      _ = try await connection
      try peer.send([0xff, 0xff], isCompressed: true)
      #expect(try peer.receiveClose() == 1007)
    }
  }
}
