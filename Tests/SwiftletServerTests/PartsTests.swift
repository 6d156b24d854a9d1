// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Takes messages in parts, and says of each what came.
private final class Taker: MessageHandler {
  private var bytes: [UInt8] = []

  override var takesParts: Bool { true }

  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    #expect(bytes.isEmpty)
    connection.send(message, kind: kind)
  }

  override func received(
    part: RawSpan, kind: MessageKind, isLast: Bool, on connection: borrowing Connection
  ) {
    bytes += part.bytes
    guard isLast else { return }
    #expect(part.byteCount == 0)
    connection.send(bytes.span.bytes, kind: kind)
    bytes = []
  }
}

@Suite(.blocking) struct PartsTests {
  private func routes(_ compression: Compression = .off) -> Routes {
    var routes = Routes()
    routes.webSocket("/", compression: compression) { _ in Taker() }
    return routes
  }

  @Test func partsMakeTheMessage() async throws {
    try await withServer(routes()) { server in
      let peer = try server.open("/")
      for size in [0, 1, 125, 70_000, 262_130, 262_144, 480_000, 3_000_000] {
        let message = pattern(size, seed: size)
        try peer.send(message)
        #expect(same(try peer.receiveMessage(), message), "\(size) bytes")
      }
    }
  }

  @Test func fragmentsAndCutFramesArePartsToo() async throws {
    try await withServer(routes()) { server in
      let peer = try server.open("/")
      let text = Array(String(repeating: "Grüße, 世界. ", count: 30).utf8)
      try peer.write(Peer.frame(opcode: 0x1, Array(text[..<17]), isFinal: false))
      try peer.write(Peer.frame(opcode: 0x9, [1, 2, 3]))
      for byte in Peer.frame(opcode: 0x0, Array(text[17...])) { try peer.write([byte]) }
      #expect(try peer.receive().opcode == 0xa)
      let reply = try peer.receive()
      #expect(reply.opcode == 0x1 && same(reply.payload, text))
    }
  }

  @Test func aMessageCutOffByItsConnectionIsNoneAtAll() async throws {
    try await withServer(routes()) { server in
      let half = try server.open("/")
      try half.write(Array(Peer.frame(opcode: 0x2, pattern(400_000))[..<300_000]))
      half.close()
      let peer = try server.open("/")
      try peer.send(pattern(400_000, seed: 2))
      #expect(same(try peer.receiveMessage(), pattern(400_000, seed: 2)))
    }
  }
}
