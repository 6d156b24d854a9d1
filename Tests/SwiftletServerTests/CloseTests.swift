// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

/// How connections end, and what the handler and the metrics are told.
@Suite(.blocking) struct CloseTests {
  private let closes = EventLog<CloseCode>()

  private func serve(
    _ configuration: ServerConfiguration = .testing,
    _ body: @escaping @Sendable (RunningServer, Peer) throws -> Void
  ) async throws {
    var routes = Routes()
    let closes = closes
    routes.webSocket("/echo") { _ in echoing(closes: closes) }
    routes.webSocket("/close") { _ in
      let probe = Probe(closes: closes)
      probe.onMessage = { message, _, connection in
        connection.close(CloseCode(rawValue: UInt16(message.byteCount)))
        connection.send("too late")
        connection.close(.normal)
      }
      return probe
    }
    try await withServer(routes, configuration) { server in
      try body(server, try server.open("/echo"))
    }
  }

  @Test(arguments: [1000, 1001, 1011, 3000, 4999] as [UInt16])
  func peersCloseIsAnsweredInKind(code: UInt16) async throws {
    try await serve { _, peer in
      try peer.sendClose(code)
      #expect(try peer.receive().close?.code == code)
      #expect(try peer.readToEnd() == [])
      #expect(try closes.wait() == [CloseCode(rawValue: code)])
    }
  }

  @Test func closeWithoutACodeIsAnsweredWithoutOne() async throws {
    try await serve { _, peer in
      try peer.send([], opcode: 0x8)
      #expect(try peer.receive() == Peer.Frame(opcode: 0x8, payload: []))
      #expect(try closes.wait() == [.noStatus])
    }
  }

  @Test func repliesLeaveBeforeTheCloseIsAnswered() async throws {
    try await serve { _, peer in
      try peer.write(
        Peer.frame(opcode: 0x2, pattern(50_000)) + Peer.frame(opcode: 0x8, [0x03, 0xe8])
          + Peer.frame(opcode: 0x2, [9]))
      #expect(try peer.receive().payload == pattern(50_000))
      #expect(try peer.receive().close?.code == 1000)
      #expect(try peer.readToEnd() == [], "what follows the close frame is ignored")
    }
  }

  @Test func connectionThatIsJustEndedIsTold1006() async throws {
    try await serve { _, peer in
      peer.close()
      let codes = try closes.wait()
      #expect(codes == [.abnormal])
    }
  }

  @Test func connectionThatIsResetIsTold1006() async throws {
    try await serve { server, peer in
      peer.reset()
      let codes = try closes.wait()
      #expect(codes == [.abnormal])
    }
  }

  @Test func halfClosedPeerStillGetsItsReplies() async throws {
    try await serve { _, peer in
      let message = pattern(2_000_000)
      try peer.send(message)
      try peer.send("last")
      peer.halfClose()
      #expect(same(try peer.receiveMessage(), message))
      #expect(try peer.receiveText() == "last")
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func handlersCloseWinsOverWhatItDoesAfter() async throws {
    try await serve { server, _ in
      let peer = try server.open("/close")
      try peer.send(pattern(4000))
      #expect(try peer.receive().close?.code == 4000)
      try peer.sendClose(1000)
      #expect(try peer.readToEnd() == [])
      #expect(try closes.wait() == [CloseCode(rawValue: 4000)])
    }
  }

  @Test func closesCrossingEachOtherEndInOrder() async throws {
    try await serve { server, _ in
      let peer = try server.open("/close")
      try peer.write(
        Peer.frame(opcode: 0x2, pattern(3333)) + Peer.frame(opcode: 0x8, [0x03, 0xe9]))
      #expect(try peer.receive().close?.code == 3333)
      #expect(try peer.readToEnd() == [])
      #expect(try closes.wait() == [CloseCode(rawValue: 3333)])
    }
  }

  @Test(
    arguments: [
      ([0x82, 0x00], 1002),  // not masked
      ([0xc2, 0x80, 0, 0, 0, 0], 1002),  // a reserved bit
      ([0x83, 0x80, 0, 0, 0, 0], 1002),  // a reserved opcode
      ([0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),  // not UTF-8
      ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed], 1002),  // a code that must not be sent
    ] as [([UInt8], UInt16)])
  func breachIsAnsweredWithItsCodeAndTheConnectionEnds(bytes: [UInt8], code: UInt16) async throws {
    try await serve { server, peer in
      try peer.write(bytes)
      #expect(try peer.receive().close?.code == code)
      #expect(try peer.readToEnd() == [])
      peer.close()
      #expect(try closes.wait() == [CloseCode(rawValue: code)])
      #expect(server.metric("protocol_errors_total") == 1)
    }
  }

  /// The connection must not be reset, which would take the close frame with it.
  @Test func inputBehindABreachIsDiscardedUntilThePeerEnds() async throws {
    try await serve { _, peer in
      try peer.write([0x83, 0x80, 0, 0, 0, 0] + pattern(3_000_000))
      try peer.write(pattern(1_000_000))
      #expect(try peer.receive().close?.code == 1002)
      peer.halfClose()
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func everyEndIsCountedOnce() async throws {
    try await serve { server, first in
      try first.sendClose(1000)
      _ = try first.readToEnd()
      let second = try server.open("/echo")
      second.close()
      let third = try server.open("/close")
      try third.send(pattern(4999))
      try third.sendClose(1000)
      _ = try third.readToEnd()
      try closes.wait(for: 3)
      #expect(server.metric("websocket_closes_total{code=\"1000\"}") == 1)
      #expect(server.metric("websocket_closes_total{code=\"1006\"}") == 1)
    }
  }
}
