// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletPerf

/// Loads on servers that do well, and on such that do not.
@Suite(.blocking) struct LoadTests {
  private func plan(
    port: UInt16, connections: Int = 4, threads: Int = 1, arrivals: Arrivals = .closed,
    depth: Int = 8, format: Payload.Format = .binary, size: Int = 20,
    duration: Duration = .milliseconds(300)
  ) -> LoadPlan {
    LoadPlan(
      url: "ws://127.0.0.1:\(port)/", connections: connections, threads: threads,
      arrivals: arrivals, depth: depth, format: format, size: size, duration: duration,
      warmUpLimit: .milliseconds(100), patience: .seconds(30), seed: 1)
  }

  private func run(
    _ misdeed: Misdeed, _ change: @escaping @Sendable (inout LoadPlan) -> Void = { _ in }
  ) async throws -> LoadOutcome {
    var routes = Routes()
    routes.webSocket("/") { _ in FaultyEcho(misdeed) }
    return try await withServer(routes) { server in
      var plan = self.plan(port: server.port)
      // What has every reply does not wait.
      if misdeed.losesReplies { plan.patience = .milliseconds(300) }
      change(&plan)
      return try await plan.run()
    }
  }

  @Test(arguments: Payload.Format.allCases, [60, 1000, 300_000])
  func everyReplyOfAGoodServerIsRight(format: Payload.Format, size: Int) async throws {
    let outcome = try await run(.none) {
      $0.format = format
      $0.size = size
    }
    #expect(outcome.tally.faults.isEmpty)
    #expect(outcome.tally.received > 0)
    #expect(
      outcome.tally.response.totalCount == UInt64(outcome.tally.received + outcome.tally.late))
    #expect(outcome.phases.connect.totalCount == 4 && outcome.phases.upgrade.totalCount == 4)
    #expect(outcome.phases.close.totalCount == 4)
  }

  @Test func threadsShareTheLoad() async throws {
    let outcome = try await run(.none) {
      $0.threads = 2
      $0.connections = 3
      $0.depth = 1
    }
    #expect(outcome.tally.faults.isEmpty)
    #expect(outcome.tally.perConnection.count == 6 && outcome.usage.count == 2)
    #expect(outcome.tally.perConnection.allSatisfy { $0 > 0 })
    #expect(outcome.tally.perConnection.reduce(0, +) == outcome.tally.received)
  }

  @Test func droppedMessagesAreLost() async throws {
    let faults = try await run(.drops).tally.faults
    #expect(faults.lost > 0)
    #expect(faults == Faults(lost: faults.lost))
  }

  @Test func messagesThatComeTwiceAreDuplicates() async throws {
    let faults = try await run(.duplicates).tally.faults
    #expect(faults.duplicated > 0)
    #expect(faults == Faults(duplicated: faults.duplicated))
  }

  @Test func messagesThatAreOvertakenAreOutOfOrder() async throws {
    let faults = try await run(.reorders).tally.faults
    #expect(faults.reordered > 0)
    // One may be held for ever at the end.
    #expect(faults.lost <= 4)
    #expect(faults == Faults(lost: faults.lost, reordered: faults.reordered))
  }

  @Test func changedMessagesAreCorrupted() async throws {
    let faults = try await run(.corrupts) { $0.size = 100 }.tally.faults
    #expect(faults.corrupted > 0)
    #expect(faults.duplicated == 0 && faults.reordered == 0)
  }

  @Test func messagesOfOtherConnectionsAreCorrupted() async throws {
    let faults = try await run(.crosses).tally.faults
    #expect(faults.corrupted > 0)
  }

  @Test func connectionsThatEndAreCounted() async throws {
    let faults = try await run(.closes) { $0.arrivals = .open(rate: 2000, .constant) }.tally.faults
    #expect(faults.closed > 0)
  }

  @Test func serverThatIsNotThereIsNamed() async throws {
    let error = await #expect(throws: LoadError.self) { try await self.plan(port: 1).run() }
    #expect("\(try #require(error))".contains("127.0.0.1:1"))
  }

  // MARK: - Response and service time

  /// A client with one message in flight waits with a server that stands still, and would not see what that
  /// does to the others. Counted from the schedule, it does.
  @Test func stallShowsInResponseTimesMoreThanInServiceTimes() async throws {
    var routes = Routes()
    routes.webSocket("/") { _ in StallingEcho() }
    let outcome = try await withServer(routes) { server in
      try await self.plan(
        port: server.port, connections: 2, arrivals: .open(rate: 1000, .constant), depth: 1,
        duration: .seconds(2)
      ).run()
    }
    #expect(outcome.tally.faults.isEmpty)
    let long: UInt64 = 50_000_000
    let responses = outcome.tally.response.count(within: long...UInt64.max)
    let services = outcome.tally.service.count(within: long...UInt64.max)
    // Each stall holds up two messages, and makes 200 late.
    #expect(services > 0)
    #expect(responses > 20 * services)
  }

  @Test func whatIsDueIsSent() async throws {
    let outcome = try await run(.none) {
      $0.arrivals = .open(rate: 1000, .constant)
      $0.duration = .milliseconds(500)
      // Room for what is due while the machine stands still.
      $0.depth = 10_000
    }
    #expect(outcome.tally.faults.isEmpty && outcome.tally.unsent == 0)
    // Whatever was due is accounted for.
    #expect(outcome.tally.lag.totalCount > 0 && outcome.tally.service.totalCount > 0)
    #expect(outcome.tally.response.totalCount == outcome.tally.service.totalCount)
  }
}
