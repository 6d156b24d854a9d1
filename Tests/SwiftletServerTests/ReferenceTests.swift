// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Reaching a connection from other threads, now and when it is gone.
@Suite(.blocking) struct ReferenceTests {
  private let references = EventLog<ConnectionReference>()
  private let closes = EventLog<CloseCode>()

  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/named") { [references, closes] _ in
      let probe = Probe(closes: closes)
      probe.onOpen = { references.add($0.reference) }
      return probe
    }
    return routes
  }

  @Test func otherThreadsSendOnAConnection() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/named")
      let reference = try references.wait()[0]
      let threads = 8
      let count = 500
      await withTaskGroup(of: Void.self) { group in
        for thread in 0..<threads {
          group.addTask {
            for index in 0..<count {
              reference.perform {
                $0.send([UInt8(thread), UInt8(index % 256)].span.bytes, kind: .binary)
              }
            }
          }
        }
      }
      var next = [Int](repeating: 0, count: threads)
      for _ in 0..<(threads * count) {
        let message = try peer.receiveMessage()
        let thread = Int(message[0])
        #expect(Int(message[1]) == next[thread] % 256, "one thread's messages stay in order")
        next[thread] += 1
      }
    }
  }

  @Test func connectionThatIsGoneIsAnsweredWithOtherwise() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/named")
      let reference = try references.wait()[0]
      peer.close()
      try closes.wait()
      let outcomes = EventLog<Bool>()
      reference.perform { _ in
        outcomes.add(true)
      } otherwise: {
        outcomes.add(false)
      }
      #expect(try outcomes.wait() == [false])
      reference.resumeReading()
    }
  }

  @Test func nameIsNotPassedOnToTheNextConnectionInItsPlace() async throws {
    try await withServer(routes) { server in
      let first = try server.open("/named")
      let old = try references.wait()[0]
      first.close()
      try closes.wait()
      let second = try server.open("/named")
      let new = try references.wait(for: 2)[1]
      let outcomes = EventLog<String>()
      old.perform { _ in
        outcomes.add("old")
      } otherwise: {
        outcomes.add("gone")
      }
      new.perform { _ in
        outcomes.add("new")
      } otherwise: {
        outcomes.add("lost")
      }
      #expect(try outcomes.wait(for: 2) == ["gone", "new"])
      try second.sendClose(1000)
    }
  }

  @Test func connectionThatIsClosingIsNotPerformedOn() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/named")
      let reference = try references.wait()[0]
      let outcomes = EventLog<Bool>()
      reference.perform { $0.close(.normal) }
      reference.perform { _ in
        outcomes.add(true)
      } otherwise: {
        outcomes.add(false)
      }
      #expect(try outcomes.wait() == [false])
      #expect(try peer.receiveClose() == 1000)
    }
  }

  @Test func closeFromAnotherThreadEndsTheConnection() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/named")
      try references.wait()[0].perform { $0.close(.policyViolation) }
      #expect(try peer.receiveClose() == 1008)
      try peer.sendClose(1008)
      #expect(try peer.readToEnd() == [])
      #expect(try closes.wait() == [.policyViolation])
    }
  }

  @Test func referenceToAServerThatHasEndedIsAnsweredWithOtherwise() async throws {
    let reference = try await withServer(routes) { server in
      let peer = try server.open("/named")
      defer { peer.close() }
      return try references.wait()[0]
    }
    let outcomes = EventLog<Bool>()
    reference.perform { _ in
      outcomes.add(true)
    } otherwise: {
      outcomes.add(false)
    }
    reference.resumeReading()
    #expect(outcomes.all == [false], "at once: there is no loop to do it later")
  }

  @Test func performersThatRaceWithTheEndAreAllAnswered() async throws {
    let outcomes = EventLog<Bool>()
    let asked = try await withServer(routes) { server in
      let peer = try server.open("/named")
      let reference = try references.wait()[0]
      async let asked = withTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask {
            var count = 0
            while closes.all.isEmpty || count < 1000 {
              reference.perform { _ in
                outcomes.add(true)
              } otherwise: {
                outcomes.add(false)
              }
              count += 1
            }
            return count
          }
        }
        return await group.reduce(0, +)
      }
      try outcomes.wait { $0.contains(true) }
      server.shutDown()
      peer.close()
      return await asked
    }
    #expect(try outcomes.wait(for: asked).count == asked)
  }

  @Test func oneCallReachesAllConnectionsOfALoop() async throws {
    try await withServer(routes) { server in
      let peers = try (0..<20).map { _ in try server.open("/named") }
      let all = try references.wait(for: peers.count)
      peers[3].reset()
      try closes.wait()
      let reached = EventLog<Int>()
      all[0].home.perform { loop in
        reached.add(all.count { loop.with($0) { $0.send("to all") } })
      }
      #expect(try reached.wait()[0] == peers.count - 1)
      for (index, peer) in peers.enumerated() where index != 3 {
        #expect(try peer.receiveText() == "to all")
      }
    }
  }

  @Test func anotherLoopsConnectionIsNotReached() async throws {
    try await withServer(routes) { one in
      try await withServer(routes) { other in
        let peers = [try one.open("/named"), try other.open("/named")]
        let all = try references.wait(for: 2)
        let reached = EventLog<Bool>()
        all[0].home.perform { loop in reached.add(loop.with(all[1]) { _ in }) }
        #expect(try !reached.wait()[0])
        for peer in peers { peer.close() }
      }
    }
  }

  @Test func alarmIsRungOnceAndMayBeSetAnew() async throws {
    let rung = EventLog<Int>()
    var routes = Routes()
    routes.webSocket("/alarm") { [closes] _ in
      let probe = Probe(closes: closes)
      probe.onOpen = { $0.wake(after: .milliseconds(1)) }
      probe.onWake = { connection in
        rung.add(rung.all.count)
        if rung.all.count < 3 { connection.wake(after: .milliseconds(1)) }
        if rung.all.count == 3 { connection.close(CloseCode(rawValue: 4003), reason: "Zeit um.") }
      }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try server.open("/alarm")
      let close = try #require(try peer.receive().close)
      #expect(close.code == 4003 && close.reason == "Zeit um.")
      #expect(rung.all.count == 3)
    }
  }
}
