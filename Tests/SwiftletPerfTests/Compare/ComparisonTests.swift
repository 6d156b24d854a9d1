// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletPerf

private func plan(_ arrivals: Arrivals = .closed) -> LoadPlan {
  LoadPlan(
    url: "", connections: 2, threads: 1, arrivals: arrivals, depth: 1, format: .binary, size: 20,
    duration: .milliseconds(100), warmUpLimit: .milliseconds(20), patience: .seconds(10), seed: 1)
}

/// Whole comparisons of servers in this process, whose CPU time is therefore not known.
@Suite(.blocking) struct ComparisonTests {
  private func judge(_ names: [String]) async throws -> Judgement {
    var routes = Routes()
    routes.webSocket("/equal") { _ in FaultyEcho(.none) }
    routes.webSocket("/slow") { _ in BusyEcho() }
    routes.webSocket("/drops") { _ in FaultyEcho(.drops) }
    return try await withServer(routes) { server in
      let comparison = Comparison(
        subjects: names.map {
          ServerSubject(name: $0, url: "ws://127.0.0.1:\(server.port)/\($0)")
        },
        plan: plan(), rounds: Ratio.leastPairs, restarts: false, startLimit: .seconds(1))
      return Judgement(try await comparison.run(), seed: 1)
    }
  }

  /// A comparison may be wrong in one of twenty cases, so that one may not decide.
  @Test func equalServersShowNoDifference() async throws {
    var verdicts: [String?] = []
    while verdicts.count < 4 && !verdicts.contains("no difference shown") {
      let subjects = try await judge(["equal", "equal"]).subjects
      #expect(subjects.map(\.name) == ["equal", "equal (2)"])
      #expect(subjects.allSatisfy { $0.rounds.count == Ratio.leastPairs })
      verdicts.append(subjects[1].verdict)
    }
    #expect(verdicts.contains("no difference shown"), "\(verdicts)")
  }

  @Test func serverThatIsSlowedDownIsToldApart() async throws {
    let subjects = try await judge(["equal", "slow", "equal"]).subjects
    #expect(subjects[0].verdict == nil && subjects[0].ratios.isEmpty)
    #expect(subjects[1].verdict == "slower")
    let ratio = try #require(subjects[1].ratios[.rate])
    #expect(ratio.high < 1)
    #expect(subjects[2].verdict != "not comparable")
  }

  @Test func faultsAreThoseOfTheSubject() async throws {
    var routes = Routes()
    routes.webSocket("/equal") { _ in FaultyEcho(.none) }
    routes.webSocket("/duplicates") { _ in FaultyEcho(.duplicates) }
    let runs = try await withServer(routes) { server in
      try await Comparison(
        subjects: ["equal", "duplicates"].map {
          ServerSubject(name: $0, url: "ws://127.0.0.1:\(server.port)/\($0)")
        },
        plan: plan(), rounds: Ratio.leastPairs, restarts: false, startLimit: .seconds(1)
      ).run()
    }
    #expect(runs[0].run.faults == Faults())
    #expect(try #require(runs[1].run.faults).duplicated > 0)
    #expect(Judgement(runs, seed: 1).summary(of: runs).contains("duplicates: WRONG: "))
  }
}

/// What is made of rounds whose figures are known.
@Suite struct JudgementTests {
  /// `busy` is the client's share of its core.
  private func runs(
    _ name: String, rates: [Double], busy: Double, serverTime: Double?,
    othersBusy: Double = 0, _ arrivals: Arrivals = .closed
  ) -> SubjectRuns {
    var runs = SubjectRuns(subject: ServerSubject(name: name, url: "ws://x"), version: nil)
    for rate in rates {
      var outcome = LoadOutcome(plan: plan(arrivals))
      outcome.elapsed = 1_000_000_000
      outcome.tally.received = Int(rate)
      outcome.tally.perConnection = [Int(rate), 0]
      outcome.tally.response.note(UInt64(1e9 / rate))
      outcome.usage = [ThreadUsage(running: UInt64(1e9 * busy), elapsed: 1_000_000_000)]
      runs.note(
        Turn(outcome: outcome, serverTime: serverTime, othersBusy: othersBusy), isCounted: true)
    }
    return runs
  }

  private let slow: [Double] = [900, 905, 895, 900, 910, 890]
  private let fast: [Double] = [1000, 1010, 990, 1000, 1005, 995]

  @Test func rateDecidesWhileTheClientHasTimeToSpare() {
    let judgement = Judgement(
      [
        runs("a", rates: fast, busy: 0.5, serverTime: 10),
        runs("b", rates: slow, busy: 0.5, serverTime: 10),
      ], seed: 1)
    #expect(judgement.subjects[1].judgedBy == .rate)
    #expect(judgement.subjects[1].verdict == "slower")
    #expect(judgement.remarks.isEmpty)
  }

  @Test func cpuTimeDecidesWhereTheClientIsSaturated() {
    let judgement = Judgement(
      [
        runs("a", rates: fast, busy: 0.99, serverTime: 10),
        runs("b", rates: fast, busy: 0.5, serverTime: 12),
      ], seed: 1)
    #expect(judgement.subjects[1].judgedBy == .serverTime)
    #expect(judgement.subjects[1].verdict == "more CPU time")
    #expect(judgement.remarks[0].contains("saturated with a: rates understate the difference"))
  }

  @Test func cpuTimeDecidesOnAMachineThatOthersUse() {
    let judgement = Judgement(
      [
        runs("a", rates: fast, busy: 0.5, serverTime: 10),
        runs("b", rates: slow, busy: 0.5, serverTime: 10, othersBusy: 0.7),
      ], seed: 1)
    #expect(judgement.subjects[1].judgedBy == .serverTime)
    #expect(judgement.subjects[1].verdict == "no difference shown")
    #expect(judgement.remarks[0].hasPrefix("Others had 0.70 of this machine's processors"))
  }

  @Test func rateMustDecideWhereTheCPUTimeIsNotKnown() {
    let judgement = Judgement(
      [
        runs("a", rates: fast, busy: 0.99, serverTime: nil),
        runs("b", rates: slow, busy: 0.99, serverTime: nil),
      ], seed: 1)
    #expect(judgement.subjects[1].judgedBy == .rate)
    #expect(judgement.remarks.count == 2)
  }

  @Test func responseTimesDecideInAnOpenLoop() {
    let open = Arrivals.open(rate: 1000, .poisson)
    let judgement = Judgement(
      [
        runs("a", rates: fast, busy: 0.5, serverTime: 10, open),
        runs("b", rates: slow, busy: 0.5, serverTime: 10, open),
      ], seed: 1)
    #expect(judgement.subjects[1].judgedBy == .p50)
    #expect(judgement.subjects[1].verdict == "slower")
  }

  @Test func serverThatAnswersNothingIsNotComparable() {
    let judgement = Judgement(
      [
        runs("a", rates: fast, busy: 0.5, serverTime: nil),
        runs("b", rates: fast.map { _ in 0.5 }, busy: 0.5, serverTime: nil),
      ], seed: 1)
    #expect(judgement.subjects[1].verdict == "not comparable")
  }

  @Test func ratiosAreDrawn() {
    let judgement = Judgement(
      [
        runs("a", rates: fast, busy: 0.5, serverTime: 10),
        runs("b & c", rates: slow, busy: 0.5, serverTime: nil),
      ], seed: 1)
    // Nothing is drawn of CPU times that are not known.
    #expect(judgement.figures.count == 3)
    #expect(judgement.figures[0].drawing.title == "Replies a second, times that of a")
    for svg in [judgement.chart, judgement.figures[0].file] {
      #expect(svg.hasPrefix("<svg ") && svg.contains("b &amp; c"))
    }
  }

  @Test func roundsAreMergedWithoutLoss() {
    let run = runs("a", rates: fast, busy: 0.5, serverTime: nil).run
    #expect(run.figures["rate"] == 1000)
    #expect(run.figures["measuredSeconds"] == 6)
    #expect(run.times["response"]?.count == 6)
    #expect(run.figures["fairness"] == 0.5)
  }
}

/// Echoes, but keeps its loop busy for a millisecond with each message.
private final class BusyEcho: MessageHandler {
  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    let end = monotonicNanoseconds() + 1_000_000
    while monotonicNanoseconds() < end {}
    connection.send(message, kind: kind)
  }
}
