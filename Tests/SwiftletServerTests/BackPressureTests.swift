// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

@Suite(.blocking) struct BackPressureTests {
  private static let limit = 100_000

  private var configuration: ServerConfiguration {
    var configuration = ServerConfiguration.testing
    configuration.sendQueueLimit = BackPressureTests.limit
    return configuration
  }

  // What an echo saw when a message came, and when its output had drained.
  private let queued = EventLog<Int>()
  private let drained = EventLog<Int>()
  private let references = EventLog<ConnectionReference>()

  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/echo") { [queued, drained, references] _ in
      let probe = Probe()
      probe.onOpen = { references.add($0.reference) }
      probe.onMessage = { message, kind, connection in
        connection.send(message, kind: kind)
        queued.add(connection.slot.pointee.outputBytes)
      }
      probe.onDrained = { drained.add($0.slot.pointee.outputBytes) }
      return probe
    }
    return routes
  }

  @Test(arguments: [1000, 30_000, 400_000])
  func clientThatDoesNotReadIsNotReadAndThenServedInOrder(size: Int) async throws {
    let count = 24_000_000 / size
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/echo")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for index in 0..<count { try peer.send(pattern(size, seed: index)) }
        }
        // Not one byte is read until the server has had enough.
        let reference = try references.wait()[0]
        while try !reference.ask({ $0.isBacklogged }) {}
        for index in 0..<count {
          let isNext = same(try peer.receiveMessage(), pattern(size, seed: index))
          try #require(isNext, "message \(index)")
        }
        try await group.waitForAll()
      }
      // The last reply can be here before the server's thread has noted that it sent it.
      let outputs = try queued.wait(for: count)
      #expect(outputs.count == count)
      // A message is taken whole, and replies are corked before they are queued.
      let most = BackPressureTests.limit + size + Loop.corkCapacity + 100
      #expect(outputs.allSatisfy { $0 <= most })
      #expect(!drained.all.isEmpty)
      #expect(drained.all.allSatisfy { $0 <= BackPressureTests.limit / 2 })
    }
  }

  @Test func pongsAreBoundedLikeReplies() async throws {
    var configuration = configuration
    configuration.maxControlFramesPerSecond = 0
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/echo")
      let count = 200_000
      let ping = Peer.frame(opcode: 0x9, pattern(125))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let thousand = (0..<1000).flatMap { _ in ping }
          for _ in 0..<(count / 1000) { try peer.write(thousand) }
          try peer.send("end")
        }
        let reference = try references.wait()[0]
        while try !reference.ask({ $0.isBacklogged }) {}
        // Pongs are corked, and the cork is queued when it is full.
        let most = BackPressureTests.limit + 2 * Loop.corkCapacity
        #expect(try reference.ask { $0.slot.pointee.outputBytes } <= most)
        var pongs = 0
        while true {
          let frame = try peer.receive()
          if frame.opcode == 0x1 { break }
          #expect(frame.opcode == 0xa)
          pongs += 1
        }
        #expect(pongs == count)
        try await group.waitForAll()
      }
      #expect(queued.all.count == 1)
    }
  }

  @Test func pausedConnectionIsNotReadUntilItIsResumed() async throws {
    let log = EventLog<[UInt8]>()
    let references = EventLog<ConnectionReference>()
    var routes = Routes()
    routes.webSocket("/one-by-one") { _ in
      let probe = Probe()
      probe.onMessage = { message, _, connection in
        log.add(message.bytes)
        connection.pauseReading()
        references.add(connection.reference)
      }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try server.open("/one-by-one")
      let messages = [[1], pattern(300), pattern(70_000), [], pattern(300_000), [2], [3]]
      try peer.write(messages.flatMap { Peer.frame(opcode: 0x2, $0) })
      for index in messages.indices {
        let reference = try references.wait(for: index + 1)[index]
        // What the loop does for someone else in between gives it the chance to go wrong.
        try reference.ask { _ in }
        #expect(log.all.count == index + 1)
        reference.resumeReading()
      }
      #expect(log.all == messages)
    }
  }

  @Test func pauseWhenOpenedHoldsBackWhatCameWithTheHandshake() async throws {
    let log = EventLog<[UInt8]>()
    let references = EventLog<ConnectionReference>()
    var routes = Routes()
    routes.webSocket("/paused") { _ in
      let probe = Probe()
      probe.onOpen = { connection in
        connection.pauseReading()
        references.add(connection.reference)
      }
      probe.onMessage = { message, _, _ in log.add(message.bytes) }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try Peer(port: server.port)
      try peer.write(
        Array(Peer.handshake("/paused").utf8) + Peer.frame(opcode: 0x2, [1])
          + Peer.frame(opcode: 0x2, [2]))
      let reference = try references.wait()[0]
      try reference.ask { _ in }
      #expect(log.all == [])
      reference.resumeReading()
      #expect(try log.wait(for: 2) == [[1], [2]])
    }
  }

  @Test func pausedConnectionThatIsResetIsNoticed() async throws {
    let closes = EventLog<CloseCode>()
    let opened = EventLog<Void>()
    var routes = Routes()
    routes.webSocket("/paused") { _ in
      let probe = Probe(closes: closes)
      probe.onOpen = {
        $0.pauseReading()
        opened.add()
      }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try server.open("/paused")
      try opened.wait()
      peer.reset()
      let codes = try closes.wait()
      #expect(codes == [.abnormal])
    }
  }

  /// The peer's close frame may have come before reading stopped.
  @Test func closingAPausedConnectionFindsTheCloseFrameThatWaited() async throws {
    let closes = EventLog<CloseCode>()
    let references = EventLog<ConnectionReference>()
    var routes = Routes()
    routes.webSocket("/paused") { _ in
      let probe = Probe(closes: closes)
      probe.onMessage = { _, _, connection in
        connection.pauseReading()
        references.add(connection.reference)
      }
      return probe
    }
    var configuration = configuration
    configuration.drainTimeout = .seconds(3600)
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/paused")
      try peer.write(Peer.frame(opcode: 0x2, [1]) + Peer.frame(opcode: 0x8, [0x03, 0xe8]))
      try references.wait()[0].perform { $0.close(.goingAway) }
      #expect(try peer.receive().close?.code == 1001)
      #expect(try peer.readToEnd() == [])
      #expect(try closes.wait() == [.goingAway])
    }
  }
}
