// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

/// permessage-deflate (RFC 7692) as the engine speaks it; zlib itself is the other end.
@Suite(.blocking) struct CompressionTests {
  private static let offer = "permessage-deflate; client_max_window_bits"
  /// Letters that compress well but are not all alike.
  private static func text(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(ascii: "a") + UInt8(truncatingIfNeeded: $0 * $0 / 7 % 11) }
  }

  private static let ways: [Compression] = [
    .shared, .own(memoryLimit: 320 << 10), .own(memoryLimit: 20 << 10), .own(memoryLimit: 1),
  ]

  private func routes(_ compression: Compression) -> Routes {
    var routes = Routes()
    routes.webSocket("/echo", compression: compression) { _ in echoing() }
    routes.webSocket("/plain") { _ in echoing() }
    return routes
  }

  /// Opens a compressed WebSocket; the response's Sec-WebSocket-Extensions comes with it.
  private func open(
    _ server: RunningServer, _ offer: String = offer
  ) throws -> (peer: Peer, agreed: String) {
    let peer = try Peer(port: server.port)
    let head = try peer.upgrade("/echo", extensions: offer)
    let field = "\r\nSec-WebSocket-Extensions: "
    let start = try #require(head.firstRange(of: field)?.upperBound, "\(head)")
    return (peer, String(head[start...].prefix { $0 != "\r\n" }))
  }

  @Test(arguments: ways) func messagesOfEverySizeComeBack(_ compression: Compression) async throws {
    try await withServer(routes(compression)) { server in
      let (peer, agreed) = try open(server)
      let forgets = agreed.contains("client_no_context_takeover")
      #expect(forgets == agreed.contains("server_no_context_takeover"))
      var deflate = PlainDeflate(windowBits: 9)
      let inflate = PlainInflate()
      for size in [0, 1, 127, 128, 129, 1000, 20_000, 65_536, 300_000, 1_000_000] {
        let message = CompressionTests.text(size)
        if forgets { deflate = PlainDeflate(windowBits: 9) }
        try peer.send(deflate.compress(message), isCompressed: true)
        let frame = try peer.receive()
        #expect(frame.opcode == 0x2 && frame.isFinal)
        #expect(frame.isCompressed == (size >= Compression.threshold), "\(size) bytes")
        let payload = frame.isCompressed ? inflate.decompress(frame.payload) : frame.payload
        #expect(same(try #require(payload), message), "\(size) bytes")
        if size >= 1000 { #expect(frame.payload.count < size / 2) }
      }
    }
  }

  @Test func whatWasSentBeforeShrinksWhatFollowsOnlyWithAContextOfItsOwn() async throws {
    for (compression, remembers) in [
      (Compression.shared, false), (.own(memoryLimit: 320 << 10), true),
    ] {
      try await withServer(routes(compression)) { server in
        let (peer, _) = try open(server)
        let message = (0..<2000).map { _ in UInt8.random(in: 0...255) }
        try peer.send(message)
        let first = try peer.receive()
        try peer.send(message)
        let second = try peer.receive()
        #expect(first.isCompressed && second.isCompressed)
        #expect((second.payload.count < first.payload.count / 4) == remembers)
        #expect((second.payload == first.payload) == !remembers)
      }
    }
  }

  @Test func windowsFitTheMemoryLimit() throws {
    for limit in [20 << 10, 40 << 10, 100 << 10, 320 << 10, 1 << 20] {
      let options = try #require(Compression.own(memoryLimit: limit).options)
      #expect(!options.server_without_takeover)
      // zlib's own words: (1 << (windowBits + 2)) + (1 << (memLevel + 9)) to compress.
      let least = 1 << (options.server_window_bits + 2) + 1 << (options.memory_level + 9)
      #expect(Int(least) + 1 << options.client_window_bits <= limit)
    }
    #expect(Compression.own(memoryLimit: 320 << 10).options?.server_window_bits == 15)
    #expect(Compression.own(memoryLimit: 20 << 10).options?.server_window_bits == 9)
    #expect(Compression.own(memoryLimit: 100).options?.server_without_takeover == true)
  }

  @Test func aClientThatCannotBeToldItsWindowMustForget() async throws {
    try await withServer(routes(.own(memoryLimit: 20 << 10))) { server in
      let (_, agreed) = try open(server, "permessage-deflate")
      #expect(agreed.contains("client_no_context_takeover"))
      #expect(agreed.contains("server_max_window_bits="))
      #expect(!agreed.contains("server_no_context_takeover"))
    }
  }

  @Test(arguments: ["permessage-deflate; x=1", "x-webkit-deflate-frame", ""])
  func offersThatCannotBeMetAreDeclined(_ offer: String) async throws {
    try await withServer(routes(.shared)) { server in
      let peer = try Peer(port: server.port)
      let head = try peer.upgrade("/echo", extensions: offer)
      #expect(head.hasPrefix("HTTP/1.1 101 ") && !head.contains("Extensions"))
      try peer.send(CompressionTests.text(1000))
      #expect(try !peer.receive().isCompressed)
    }
  }

  @Test func aMalformedOfferIsRefused() async throws {
    try await withServer(routes(.shared)) { server in
      let head = try Peer(port: server.port).upgrade("/echo", extensions: "permessage-deflate;=")
      #expect(head.hasPrefix("HTTP/1.1 400 "))
    }
  }

  @Test func eachRouteChooses() async throws {
    try await withServer(routes(.shared)) { server in
      let peer = try Peer(port: server.port)
      let head = try peer.upgrade("/plain", extensions: CompressionTests.offer)
      #expect(!head.contains("Extensions"))
      try peer.send([1, 2, 3], isCompressed: true)
      #expect(try peer.receiveClose() == 1002)
    }
  }

  @Test func fragmentsOfACompressedMessageAreOne() async throws {
    try await withServer(routes(.shared)) { server in
      let (peer, _) = try open(server)
      let message = pattern(50_000)
      let payload = PlainDeflate().compress(message)
      let middle = payload.count / 2
      try peer.send(Array(payload[..<7]), isFinal: false, isCompressed: true)
      try peer.send([9], opcode: 0x9)
      try peer.send(Array(payload[7..<middle]), opcode: 0, isFinal: false)
      try peer.send(Array(payload[middle...]), opcode: 0)
      #expect(try peer.receive() == Peer.Frame(opcode: 0xa, payload: [9]))
      let answer = try peer.receive().payload
      #expect(same(try #require(PlainInflate().decompress(answer)), message))
    }
  }

  @Test(arguments: ways) func aBombIsClosedWith1009(_ compression: Compression) async throws {
    var configuration = ServerConfiguration.testing
    configuration.maxMessageSize = 1 << 20
    try await withServer(routes(compression), configuration) { server in
      let (bomber, _) = try open(server)
      let zeros = [UInt8](repeating: 0, count: 16 << 20)
      try bomber.send(PlainDeflate(windowBits: 9).compress(zeros), isCompressed: true)
      #expect(try bomber.receiveClose() == 1009)
      // A shared context serves the next one as if nothing had been.
      let (peer, _) = try open(server)
      let message = pattern(1 << 20)
      try peer.send(PlainDeflate(windowBits: 9).compress(message), isCompressed: true)
      let answer = try peer.receive()
      #expect(same(try #require(PlainInflate().decompress(answer.payload)), message))
    }
  }

  @Test func rubbishIsClosedWith1007() async throws {
    try await withServer(routes(.shared)) { server in
      let (peer, _) = try open(server)
      try peer.send([0xff, 0xff, 0xff, 0xff, 0xff], isCompressed: true)
      // The frame behind it must not be answered.
      try peer.send([1])
      #expect(try peer.receiveClose() == 1007)
    }
  }

  @Test func compressedTextMustBeUTF8() async throws {
    try await withServer(routes(.shared)) { server in
      let (peer, _) = try open(server)
      let text = Array("grüße".utf8)
      try peer.send(PlainDeflate().compress(text), opcode: 0x1, isCompressed: true)
      #expect(try peer.receive() == Peer.Frame(opcode: 0x1, payload: text))
      try peer.send(PlainDeflate().compress([0x61, 0xc3]), opcode: 0x1, isCompressed: true)
      #expect(try peer.receiveClose() == 1007)
    }
  }

  @Test func aFloodOfControlFramesIsClosedWith1008() async throws {
    var configuration = ServerConfiguration.testing
    configuration.maxControlFramesPerSecond = 10
    try await withServer(routes(.off), configuration) { server in
      let peer = try server.open("/echo")
      // In one write, so that they come within one second or over one of its ends.
      try peer.write((0..<21).flatMap { Peer.frame(opcode: 0x9, [UInt8($0)]) })
      #expect(try peer.receiveClose() == 1008)
    }
  }
}
