// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct LiveTests {
  private func second(_ faults: Faults = Faults(), busy: Double = 0.17) -> LoadSecond {
    var second = LoadSecond(number: 0, sent: 5000, received: 4998, faults: faults, busy: busy)
    for value: UInt64 in [70_000, 80_000, 90_000, 15_000_000] { second.response.note(value) }
    return second
  }

  private func progress(_ second: LoadSecond?) -> LoadProgress {
    LoadProgress(
      phase: .measuring, opened: 20, received: 12_345, sent: 12_346, share: 0.5, second: second)
  }

  @Test func aLineForALog() {
    var text = LiveText(.plain)
    let opening = LoadProgress(phase: .opening, opened: 1234, received: 0, share: 0.1)
    #expect(text.line(opening, at: .now) == "opening 10 %, 1,234 connections")
    #expect(
      text.line(progress(second()), at: .now)
        == "measuring 50 %, 4998/s, p50 80.1 µs, p99 15.0 ms, max 15.0 ms, no errors, "
        + "client 17 % busy")
    // Until the next second has ended.
    #expect(text.line(progress(nil), at: .now).contains("p50 80.1 µs"))
  }

  @Test func withoutSecondsTheRateIsCounted() {
    var text = LiveText(.plain)
    let begin = ContinuousClock.now
    #expect(text.line(progress(nil), at: begin) == "measuring 50 %, 12,345 replies")
    var later = progress(nil)
    later.received += 3000
    #expect(
      text.line(later, at: begin + .seconds(2)) == "measuring 50 %, 1500/s, 15,345 replies")
  }

  @Test(arguments: 1...130)
  func linesFitWhateverTheWidth(width: Int) {
    var text = LiveText(.terminal(width, isColoured: false))
    let line = text.line(progress(second()), at: .now)
    // What is done is said even where there is no room.
    #expect(line.count < width || line == "measuring 50 %")
    #expect(line.contains("measuring 50 %"))
  }

  @Test func whatIsWrongIsRed() {
    var text = LiveText(.terminal(200, isColoured: true))
    let line = text.line(progress(second(Faults(lost: 2), busy: 0.95)), at: .now)
    #expect(line.contains("\u{1B}[31m2 lost\u{1B}[0m"))
    #expect(line.contains("\u{1B}[33mclient 95 % busy\u{1B}[0m"))
    #expect(line.hasPrefix("████████░░░░░░░░  "))
  }

  @Test func metricsOfNothingYet() {
    let metrics = LiveMetrics()
    #expect(metrics.text == "")
    metrics.note(progress(second()))
    metrics.note(progress(second()))
    #expect(metrics.text.contains("swiftlet_perf_response_seconds_count 8\n"))
    #expect(metrics.text.contains("swiftlet_perf_sent_total 12346\n"))
  }

  @Test func datagramsOfASecondWithoutReplies() throws {
    let statsd = try StatsD(host: "127.0.0.1", port: 9, scenario: "echo")
    let lines = statsd.lines(LoadSecond(number: 3, sent: 7))
    #expect(lines.first == "swiftlet_perf.sent:7|c|#scenario:echo")
    #expect(!lines.contains { $0.contains("response") })
    // Nobody listens, and nobody minds.
    statsd.send(LoadSecond(number: 3))
    statsd.send(LoadSecond(number: 4))
  }
}
