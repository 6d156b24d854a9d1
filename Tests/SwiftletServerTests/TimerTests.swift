// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletServer

@Suite(.blocking) struct TimerTests {
  /// Runs `body` on the loop of a server's connection.
  private func onLoop(
    _ body: @escaping @Sendable (borrowing LoopContext) -> Void,
    then check: @escaping @Sendable (LoopReference) throws -> Void
  ) async throws {
    let loops = EventLog<LoopReference>()
    var routes = Routes()
    routes.webSocket("/") { _ in
      let probe = Probe()
      probe.onOpen = { loops.add($0.reference.home) }
      return probe
    }
    try await withServer(routes) { server in
      let peer = try server.open("/")
      let loop = try loops.wait()[0]
      loop.perform(body)
      try check(loop)
      peer.close()
    }
  }

  @Test func timersFireInTheOrderOfTheirTimes() async throws {
    let fired = EventLog<Int>()
    try await onLoop { loop in
      let now = monotonicNanoseconds()
      for number in [3, 1, 4, 0, 2] {
        loop.setTimer(at: now + UInt64(number) * 1_000_000) { _ in
          fired.add(number)
          return nil
        }
      }
    } then: { _ in
      let order = try fired.wait(for: 5)
      #expect(order == [0, 1, 2, 3, 4])
    }
  }

  @Test func noneFiresBeforeItsTime() async throws {
    let early = EventLog<Bool>()
    try await onLoop { loop in
      let now = monotonicNanoseconds()
      for number in 1...50 {
        let due = now + UInt64(number) * 300_000
        loop.setTimer(at: due) { _ in
          early.add(monotonicNanoseconds() < due)
          return nil
        }
      }
    } then: { _ in
      let wereEarly = try early.wait(for: 50)
      #expect(!wereEarly.contains(true))
    }
  }

  @Test func timerIsDueAgainWhenItSays() async throws {
    let fired = EventLog<Int>()
    try await onLoop { loop in
      var count = 0
      loop.setTimer(at: 0) { _ in
        count += 1
        fired.add(count)
        // A time that has passed is now.
        return count == 1000 ? nil : 0
      }
    } then: { loop in
      let counts = try fired.wait(for: 1000)
      #expect(counts == Array(1...1000))
      let more = EventLog<Int>()
      loop.perform { more.add($0.loop.state.pointee.timers.count) }
      let left = try more.wait()
      #expect(left == [0])
    }
  }

  @Test func timerThatIsAlwaysDueLeavesConnectionsTheirTurn() async throws {
    let fired = EventLog<Void>()
    try await onLoop { loop in
      loop.setTimer(at: 0) { _ in fired.all.isEmpty ? 0 : nil }
      loop.setTimer(at: monotonicNanoseconds() + 1_000_000) { loop in
        LoopReference(loop: loop.loop.state.pointee.owner.takeUnretainedValue()).perform { _ in
          fired.add()
        }
        return nil
      }
    } then: { _ in
      try fired.wait()
    }
  }
}
