// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

@Suite(.blocking) struct AsyncConnectionTests {
  private struct Failure: Error {}

  private func routes(
    _ body: @escaping @Sendable (AsyncConnection) async throws -> Void
  ) -> Routes {
    var routes = Routes()
    routes.webSocket("/task", task: body)
    return routes
  }

  @Test func messagesComeAndGo() async throws {
    let routes = routes { connection in
      for try await message in connection {
        try await connection.send(message.bytes, kind: message.kind)
      }
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      for size in [0, 1, 1000, 100_000, 1_000_000] {
        try peer.send(pattern(size))
        #expect(try peer.receive() == Peer.Frame(opcode: 0x2, payload: pattern(size)))
      }
      try peer.send("Grüße")
      #expect(try peer.receive() == Peer.Frame(opcode: 0x1, payload: Array("Grüße".utf8)))
      try peer.sendClose(1000)
      #expect(try peer.receiveClose() == 1000)
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func manyMessagesAtOnceComeInOrderThroughTheShortQueue() async throws {
    let routes = routes { connection in
      for try await message in connection {
        await Task.yield()
        try await connection.send(message.bytes)
      }
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      let messages = (0..<500).map { pattern($0 % 50, seed: $0) }
      try peer.write(messages.flatMap { Peer.frame(opcode: 0x2, $0) })
      for message in messages { #expect(try peer.receiveMessage() == message) }
    }
  }

  @Test func peerIsNotReadWhileTheQueueIsFull() async throws {
    let gate = AsyncStream<Void>.makeStream()
    let connections = EventLog<AsyncConnection>()
    let received = EventLog<[UInt8]>()
    let routes = routes { connection in
      connections.add(connection)
      for await _ in gate.stream { break }
      for try await message in connection { received.add(message.bytes) }
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      let messages = (0..<100).map { [UInt8($0)] }
      try peer.write(messages.flatMap { Peer.frame(opcode: 0x2, $0) })
      let reference = try connections.wait()[0].reference
      // The loop looks at the socket again and again, and must leave it alone.
      while try !reference.ask({ $0.slot.pointee.flags.contains(.held) }) {}
      try reference.ask { _ in }
      #expect(server.metric("messages_received_total") == 16)
      gate.continuation.finish()
      #expect(try received.wait(for: 100) == messages)
    }
  }

  @Test func returningClosesWith1000() async throws {
    try await withServer(routes { _ in }) { server in
      let peer = try server.open("/task")
      #expect(try peer.receiveClose() == 1000)
    }
  }

  @Test func throwingClosesWith1011() async throws {
    try await withServer(routes { _ in throw Failure() }) { server in
      let peer = try server.open("/task")
      #expect(try peer.receiveClose() == 1011)
    }
  }

  @Test func closeIsTheTasksChoice() async throws {
    let routes = routes { connection in
      connection.close(CloseCode(rawValue: 4321))
      for try await _ in connection {}
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      #expect(try peer.receiveClose() == 4321)
      try peer.sendClose(4321)
      #expect(try peer.readToEnd() == [])
    }
  }

  @Test func sequenceEndsWhenThePeerGoesAndSendThenThrows() async throws {
    let ends = EventLog<String>()
    let routes = routes { connection in
      for try await _ in connection {}
      do {
        try await connection.send("too late")
      } catch {
        ends.add("\(type(of: error))")
      }
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      peer.reset()
      #expect(try ends.wait() == ["Closed"])
    }
  }

  @Test func sendToAServerThatHasEndedThrows() async throws {
    let connections = EventLog<AsyncConnection>()
    let routes = routes { connection in
      connections.add(connection)
      for try await _ in connection {}
    }
    try await withServer(routes) { server in
      _ = try server.open("/task")
      try connections.wait()
    }
    await #expect(throws: AsyncConnection.Closed.self) {
      try await connections.all[0].send("too late")
    }
  }

  @Test func queuedMessagesAreStillDeliveredWhenThePeerHasGone() async throws {
    let gate = AsyncStream<Void>.makeStream()
    let received = EventLog<[UInt8]?>()
    let routes = routes { connection in
      for await _ in gate.stream { break }
      for try await message in connection { received.add(message.bytes) }
      received.add(nil)
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      try peer.send([1])
      try peer.send([2])
      try peer.sendClose(1000)
      #expect(try peer.receiveClose() == 1000)
      gate.continuation.finish()
      #expect(try received.wait(for: 3) == [[1], [2], nil])
    }
  }

  @Test func cancelledReceiverThrows() async throws {
    let outcomes = EventLog<String>()
    let routes = routes { connection in
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          do {
            for try await _ in connection { outcomes.add("message") }
            outcomes.add("end")
          } catch {
            outcomes.add("\(type(of: error))")
          }
        }
        group.addTask { try? await connection.send("ready") }
        await group.next()
        group.cancelAll()
      }
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      #expect(try peer.receiveText() == "ready")
      #expect(try outcomes.wait() == ["CancellationError"])
      #expect(try peer.receiveClose() == 1000)
    }
  }

  @Test func receiverCancelledBeforeItWaitsThrows() async throws {
    let outcomes = EventLog<String>()
    let routes = routes { connection in
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        var iterator = connection.makeAsyncIterator()
        do {
          outcomes.add(try await iterator.next() == nil ? "end" : "message")
        } catch {
          outcomes.add("\(type(of: error))")
        }
      }
      task.cancel()
      await task.value
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      #expect(try outcomes.wait() == ["CancellationError"])
      #expect(try peer.receiveClose() == 1000)
    }
  }

  @Test func senderWaitsForAClientThatDoesNotRead() async throws {
    var configuration = ServerConfiguration.testing
    configuration.sendQueueLimit = 100_000
    let sizes = EventLog<Int>()
    let count = 400
    let size = 50_000
    let routes = routes { connection in
      for index in 0..<count {
        try await connection.send(pattern(size, seed: index))
        connection.reference.perform { sizes.add($0.slot.pointee.outputBytes) }
      }
      for try await _ in connection {}
    }
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/task")
      try sizes.wait { $0.contains { $0 > 100_000 } }
      for index in 0..<count {
        #expect(same(try peer.receiveMessage(), pattern(size, seed: index)))
      }
      #expect(sizes.all.allSatisfy { $0 <= 100_000 + size + 14 })
    }
  }

  @Test func waitingSenderIsToldThatThePeerIsGone() async throws {
    var configuration = ServerConfiguration.testing
    configuration.sendQueueLimit = 100_000
    let ends = EventLog<Void>()
    let sent = EventLog<Bool>()
    let routes = routes { connection in
      do {
        while true {
          try await connection.send(pattern(100_000))
          connection.reference.perform { sent.add($0.isBacklogged) }
        }
      } catch {
        ends.add()
      }
    }
    try await withServer(routes, configuration) { server in
      let peer = try server.open("/task")
      try sent.wait { $0.last == true }
      peer.reset()
      try ends.wait()
    }
  }

  @Test func tasksRunOnTheirConnectionsLoop() async throws {
    let threads = EventLog<String>()
    let routes = routes { connection in
      threads.add(threadName())
      for try await _ in connection {
        await Task.yield()
        threads.add(threadName())
      }
    }
    try await withServer(routes) { server in
      let peer = try server.open("/task")
      for _ in 0..<10 { try peer.send("next") }
      #expect(try Set(threads.wait(for: 11)) == ["swiftlet-loop-0"])
    }
  }
}
