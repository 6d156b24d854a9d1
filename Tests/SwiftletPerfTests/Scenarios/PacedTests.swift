// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletPerf

/// Ramps and peaks.
@Suite(.blocking) struct PacedTests {
  private func withEcho<Outcome: Sendable>(
    _ misdeed: Misdeed, _ body: @escaping @Sendable (PacedMessages) async throws -> Outcome
  ) async throws -> Outcome {
    var routes = Routes()
    routes.webSocket("/") { _ in FaultyEcho(misdeed) }
    return try await withServer(routes) { server in
      try await body(
        PacedMessages(
          url: "ws://127.0.0.1:\(server.port)/", format: .binary, size: 20, seed: 1))
    }
  }

  private func ramp(
    _ misdeed: Misdeed, step: Int, upTo: Int, threads: Int = 1
  ) async throws -> RampOutcome {
    try await withEcho(misdeed) { messages in
      try await RampPlan(
        messages: messages, step: step, every: .seconds(2), upTo: upTo, threads: threads,
        patience: misdeed.losesReplies ? .milliseconds(300) : .seconds(30)
      ).run()
    }
  }

  private func peaks(
    _ misdeed: Misdeed, connections: Int, height: Int = 1000
  ) async throws -> PeaksOutcome {
    try await withEcho(misdeed) { messages in
      try await PeaksPlan(
        messages: messages, connections: connections, peaks: 2, height: height,
        every: .milliseconds(100),
        patience: misdeed.losesReplies ? .milliseconds(300) : .seconds(30)
      ).run()
    }
  }

  // MARK: - Ramps

  @Test func rampEndsWithTheNumberAskedFor() {
    func counts(step: Int, upTo: Int) -> [Int] {
      RampPlan(
        messages: PacedMessages(url: "", format: .text, size: 20, seed: 1), step: step,
        every: .seconds(2), upTo: upTo, threads: 1, patience: .zero
      ).counts
    }
    #expect(counts(step: 10, upTo: 30) == [10, 20, 30])
    #expect(counts(step: 20, upTo: 50) == [20, 40, 50])
    #expect(counts(step: 90, upTo: 50) == [50])
  }

  @Test func everyConnectionSendsOnceASecond() async throws {
    let outcome = try await ramp(.none, step: 20, upTo: 30, threads: 3)
    #expect(outcome.faults.isEmpty && outcome.failure == nil)
    #expect(outcome.steps.map(\.connections) == [20, 30])
    #expect(outcome.phases.connect.totalCount == 30 && outcome.phases.upgrade.totalCount == 30)
    for step in outcome.steps {
      #expect(step.lost == 0 && step.usage.count == 3)
      #expect(step.lag.totalCount == UInt64(step.due))
      // A machine that stands still may see to some later, but drops none.
      let seconds = Double(step.elapsed) / 1e9
      let expected = Double(step.connections) * seconds
      #expect(abs(Double(step.due) - expected) <= Double(step.connections))
    }
  }

  @Test func faultsOfARampAreNamed() async throws {
    // One for all, so that it comes to a hundred messages.
    var routes = Routes()
    nonisolated(unsafe) let echo = FaultyEcho(.corrupts)
    routes.webSocket("/") { _ in echo }
    let faults = try await withServer(routes) { server in
      let messages = PacedMessages(
        url: "ws://127.0.0.1:\(server.port)/", format: .binary, size: 20, seed: 1)
      return try await RampPlan(
        messages: messages, step: 150, every: .seconds(2), upTo: 150, threads: 1,
        patience: .milliseconds(300)
      ).run().faults
    }
    #expect(faults.corrupted > 0 && faults.lost == faults.corrupted)
  }

  @Test func serverThatIsNotThereIsNamed() async throws {
    let messages = PacedMessages(url: "ws://127.0.0.1:1/", format: .binary, size: 20, seed: 1)
    let plan = RampPlan(
      messages: messages, step: 2, every: .seconds(2), upTo: 2, threads: 1, patience: .zero)
    let error = await #expect(throws: LoadError.self) { try await plan.run() }
    #expect("\(try #require(error))".contains("127.0.0.1:1"))
  }

  // MARK: - Peaks

  @Test(arguments: [1, 7, 300]) func everyMessageOfAPeakIsAnswered(connections: Int) async throws {
    let outcome = try await peaks(.none, connections: connections)
    #expect(outcome.faults.isEmpty)
    for times in [outcome.response, outcome.service, outcome.lag] {
      #expect(times.totalCount == 2000)
    }
    let sent = outcome.history.series[0].points
    let pending = outcome.history.series[1].points
    #expect(try #require(sent.last)[1] == 2000.0)
    #expect(try #require(pending.last)[1] == 0.0)
    #expect(zip(sent, sent.dropFirst()).allSatisfy { $0[0] < $1[0] && $0[1] <= $1[1] })
    #expect(outcome.lasting.allSatisfy { $0 > 0 })
  }

  @Test func fewerMessagesThanConnections() async throws {
    let outcome = try await peaks(.none, connections: 10, height: 3)
    #expect(outcome.faults.isEmpty && outcome.response.totalCount == 6)
  }

  @Test func faultsOfPeaksAreNamed() async throws {
    #expect(try await peaks(.drops, connections: 4).faults == Faults(lost: 20))
    #expect(try await peaks(.duplicates, connections: 4).faults == Faults(duplicated: 20))
    #expect(try await peaks(.reorders, connections: 4).faults.reordered > 0)
    #expect(try await peaks(.corrupts, connections: 4).faults == Faults(lost: 20, corrupted: 20))
  }

  @Test func historyHasAPointBeforeAJump() {
    var history = PeakHistory()
    history.noteSent(3, at: 250_000)
    history.noteReceived(at: 260_000)
    history.noteReceived(at: 900_000)
    #expect(history.mostPending == 3)
    let series = history.series
    #expect(series.map(\.name) == ["sent", "pending"])
    #expect(series[0].points.map { $0[1] } == [0, 3, 3, 3])
    #expect(series[1].points.map { $0[1] } == [0, 2, 2, 1])
    #expect(series[1].points.map { ($0[0] * 10_000).rounded() } == [1, 2, 8, 9])
  }

  @Test func loopbackHasManySources() {
    let sources = SourceAddresses(for: "ws://127.0.0.1:9001/")
    #expect(sources.all.prefix(2) == ["127.0.0.2", "127.0.0.3"])
    #expect(SourceAddresses(for: "wss://127.0.0.1/").all == sources.all)
    #expect(SourceAddresses(for: "ws://example.org/").all == [nil])
    let given = SourceAddresses(for: "ws://127.0.0.1/", given: ["10.0.0.1", "10.0.0.2"])
    #expect(given.all == ["10.0.0.1", "10.0.0.2"])
  }
}
