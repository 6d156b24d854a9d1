// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

/// Either end may be slower than the other, and tasks may be cancelled while they wait for it.
@Suite(.blocking) struct BackPressureTests {
  private static let limit = 50_000

  private var configuration: ClientConfiguration {
    var configuration = ClientConfiguration.testing
    configuration.sendQueueLimit = BackPressureTests.limit
    return configuration
  }

  /// Both stop at a queue of a few messages; if the client stopped reading then, both would wait for
  /// ever.
  @Test(arguments: [1000, 100_000])
  func twoEndsThatSendMuchDoNotWaitForEachOther(size: Int) async throws {
    var routes = Routes()
    routes.webSocket("/echo") { _ in Echo() }
    var serverConfiguration = ServerConfiguration.testing
    serverConfiguration.sendQueueLimit = BackPressureTests.limit
    let count = 24_000_000 / size
    try await withServer(routes, serverConfiguration) { server in
      try await withClient(configuration) { client in
        let connection = try await client.connect("ws://127.0.0.1:\(server.port)/echo")
        try await echo(count, messagesOf: size, over: connection)
      }
    }
  }

  /// A connection whose peer reads nothing, with a task that goes on sending until it is made to wait.
  private func withFullConnection(
    _ body: @escaping @Sendable (AsyncConnection, Peer, Task<Void, any Error>) async throws -> Void
  ) async throws {
    let listener = try PeerListener()
    try await withClient(configuration) { client in
      let (connection, peer) = try await open(client, listener)
      let sender = Task {
        for index in 0... { try await connection.send(pattern(10_000, seed: index)) }
      }
      while try !connection.reference.ask({ $0.isBacklogged }) {}
      try await body(connection, peer, sender)
    }
  }

  @Test func senderWaitsForAServerThatDoesNotRead() async throws {
    try await withFullConnection { connection, peer, sender in
      let queued = try connection.reference.ask { $0.slot.pointee.outputBytes }
      #expect(queued <= BackPressureTests.limit + 10_014)
      for index in 0..<2000 {
        #expect(same(try peer.receive().payload, pattern(10_000, seed: index)))
      }
      sender.cancel()
    }
  }

  @Test func cancelledSenderSendsNothingAndTheConnectionLives() async throws {
    try await withFullConnection { connection, peer, sender in
      sender.cancel()
      await #expect(throws: CancellationError.self) { try await sender.value }
      async let sent: Void = connection.send("after")
      var index = 0
      while true {
        let frame = try peer.receive()
        if frame.opcode == 0x1 { break }
        #expect(same(frame.payload, pattern(10_000, seed: index)))
        index += 1
      }
      try await sent
      try peer.send("alive")
      var messages = connection.makeAsyncIterator()
      #expect(try await messages.next()?.text == "alive")
    }
  }

  @Test func waitingSenderIsToldThatTheServerIsGone() async throws {
    try await withFullConnection { _, peer, sender in
      peer.reset()
      await #expect(throws: AsyncConnection.Closed.self) { try await sender.value }
    }
  }

  /// A server that pings but does not read must not make the client's queue grow.
  @Test func pongsAreLeftOutWhileTooMuchWaits() async throws {
    try await withFullConnection { connection, peer, sender in
      let before = try connection.reference.ask { $0.slot.pointee.outputBytes }
      for _ in 0..<500 { try peer.send([1], opcode: 0x9) }
      try peer.send("read")
      var messages = connection.makeAsyncIterator()
      #expect(try await messages.next()?.text == "read")
      #expect(try connection.reference.ask { $0.slot.pointee.outputBytes } == before)
      sender.cancel()
    }
  }

  @Test func serverIsNotReadWhileMessagesWait() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let (connection, peer) = try await open(client, listener)
      let writer = Task {
        for index in 0..<400 { try peer.send(pattern(50_000, seed: index)) }
      }
      while try !connection.reference.ask({ $0.slot.pointee.flags.contains(.held) }) {}
      var index = 0
      for try await message in connection {
        #expect(same(message.bytes, pattern(50_000, seed: index)))
        index += 1
        if index == 400 { break }
      }
      try await writer.value
    }
  }

  @Test func cancelledReceiverThrowsAndTheNextGoesOn() async throws {
    let listener = try PeerListener()
    try await withClient { client in
      let (connection, peer) = try await open(client, listener)
      let receiver = Task {
        var messages = connection.makeAsyncIterator()
        _ = try await messages.next()
      }
      receiver.cancel()
      await #expect(throws: CancellationError.self) { try await receiver.value }
      try peer.send("kept")
      var messages = connection.makeAsyncIterator()
      #expect(try await messages.next()?.text == "kept")
    }
  }
}
