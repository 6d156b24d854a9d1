// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// How connections end, and what the application is told.
@Suite(.blocking) struct CloseTests {
  private func serve(
    _ configuration: ClientConfiguration = .testing,
    _ body: (AsyncConnection, Peer) async throws -> Void
  ) async throws {
    let listener = try PeerListener()
    try await withClient(configuration) { client in
      let (connection, peer) = try await open(client, listener)
      #expect(connection.closeCode == nil && connection.closeReason == nil)
      try await body(connection, peer)
    }
  }

  /// Waits for the end of a connection no message comes from.
  private func end(_ connection: AsyncConnection) async throws -> CloseCode? {
    for try await _ in connection { throw PeerError.unexpected("a message") }
    return connection.closeCode
  }

  @Test(arguments: [1000, 1001, 1011, 3000, 4999] as [UInt16])
  func serversCloseIsAnsweredInKind(code: UInt16) async throws {
    try await serve { connection, peer in
      try peer.send([UInt8(code >> 8), UInt8(code & 0xff)] + Array("därum".utf8), opcode: 0x8)
      #expect(try peer.receive().close?.code == code)
      peer.close()
      #expect(try await end(connection) == CloseCode(rawValue: code))
      #expect(connection.closeReason == "därum")
    }
  }

  @Test func closeWithoutACodeIsAnsweredWithoutOne() async throws {
    try await serve { connection, peer in
      try peer.send([], opcode: 0x8)
      #expect(try peer.receive().payload == [])
      peer.close()
      #expect(try await end(connection) == .noStatus)
      #expect(connection.closeReason == "")
    }
  }

  @Test(arguments: [1000, 1001, 3000, 4999] as [UInt16])
  func ownCloseIsSentAndEndsTheSequence(code: UInt16) async throws {
    try await serve { connection, peer in
      connection.close(CloseCode(rawValue: code), reason: "genug")
      let close = try #require(try peer.receive().close)
      #expect(close == (code, "genug"))
      try peer.sendClose(code)
      peer.close()
      #expect(try await end(connection) == CloseCode(rawValue: code))
      await #expect(throws: AsyncConnection.Closed.self) { try await connection.send("too late") }
    }
  }

  /// RFC 6455 §7.1.1: the server closes TCP first. A client that had closed would have it reset by
  /// what is still written.
  @Test(arguments: [true, false])
  func clientLeavesClosingToTheServer(clientBegins: Bool) async throws {
    try await serve { connection, peer in
      if clientBegins {
        connection.close()
        #expect(try peer.receiveClose() == 1000)
        try peer.sendClose(1000)
      } else {
        try peer.sendClose(1000)
        #expect(try peer.receiveClose() == 1000)
      }
      for _ in 0..<10 { try peer.write(pattern(1_000_000)) }
      #expect(connection.closeCode == nil, "it has not ended")
      peer.close()
      #expect(try await end(connection) == .normal)
    }
  }

  @Test(arguments: [true, false])
  func serverThatDoesNotCloseIsLeftAtTheDeadline(clientBegins: Bool) async throws {
    var configuration = ClientConfiguration.testing
    configuration.closeTimeout = .milliseconds(50)
    try await serve(configuration) { connection, peer in
      if clientBegins { connection.close() } else { try peer.sendClose(1000) }
      #expect(try peer.receiveClose() == 1000)
      #expect(try peer.readToEnd() == [])
      #expect(try await end(connection) == .normal)
    }
  }

  @Test func connectionThatIsDroppedByTheServerIsTold1006() async throws {
    try await serve { connection, peer in
      peer.close()
      let code = try await end(connection)
      #expect(code == .abnormal)
      #expect(connection.closeReason == "")
    }
  }

  @Test func connectionThatIsResetIsTold1006() async throws {
    try await serve { connection, peer in
      peer.reset()
      let code = try await end(connection)
      #expect(code == .abnormal)
    }
  }

  @Test(
    arguments: [
      (Peer.frame(opcode: 0x1, [1]), 1002),  // masked
      ([0xc2, 0x00], 1002),  // a reserved bit
      ([0x83, 0x00], 1002),  // a reserved opcode
      ([0x80, 0x00], 1002),  // a continuation of nothing
      ([0x82, 0x7e, 0x00, 0x01], 1002),  // a length not in its shortest form
      ([0x09, 0x00], 1002),  // a ping in fragments
      ([0x81, 0x01, 0xff], 1007),  // not UTF-8
      ([0x88, 0x02, 0x03, 0xed], 1002),  // a code that must not be sent
      ([0x82, 0x7f, 0, 0, 0, 1, 0, 0, 0, 0], 1009),  // too large
    ] as [([UInt8], UInt16)])
  func breachIsAnsweredWithItsCode(bytes: [UInt8], code: UInt16) async throws {
    try await serve { connection, peer in
      try peer.write(bytes)
      #expect(try peer.receive().close?.code == code)
      peer.close()
      #expect(try await end(connection) == CloseCode(rawValue: code))
    }
  }

  @Test func messagesBeforeTheCloseAreDelivered() async throws {
    try await serve { connection, peer in
      for index in 0..<50 { try peer.send([UInt8(index)]) }
      try peer.sendClose(4000)
      peer.halfClose()
      var messages: [UInt8] = []
      for try await message in connection { messages += message.bytes }
      #expect(messages == Array(0..<50))
      #expect(connection.closeCode?.rawValue == 4000)
    }
  }

  @Test func whatIsQueuedLeavesBeforeTheClose() async throws {
    try await serve { connection, peer in
      try await connection.send(pattern(900_000))
      connection.close()
      #expect(same(try peer.receive().payload, pattern(900_000)))
      #expect(try peer.receive().close?.code == 1000)
    }
  }

  @Test func connectionNobodyHoldsIsClosedWith1001() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      var connection: AsyncConnection?
      let peer: Peer
      (connection, peer) = try await open(client, listener)
      try await connection?.send("held")
      #expect(try peer.receive().payload == Array("held".utf8))
      connection = nil
      #expect(try peer.receiveClose() == 1001)
    }
  }

  @Test func shutDownClosesWith1001() async throws {
    let listener = try PeerListener()
    var configuration = ClientConfiguration.testing
    configuration.drainTimeout = .seconds(3600)
    try await withClient(configuration) { client in
      let (connection, peer) = try await open(client, listener)
      async let end: Void = client.shutDown()
      let close = try #require(try peer.receive().close)
      #expect(close == (1001, "the client is shutting down"))
      try peer.sendClose(1001)
      peer.close()
      await end
      #expect(try await self.end(connection) == .goingAway)
    }
  }
}
