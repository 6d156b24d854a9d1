// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct ScheduleTests {
  private func gaps(_ spacing: Arrivals.Spacing, seed: UInt64, count: Int = 100_000) -> [UInt64] {
    var schedule = Schedule(rate: 3000, spacing, seed: seed)
    schedule.start(at: 1_000_000_000_000)
    var last: UInt64 = 1_000_000_000_000
    return (0..<count).map { _ in
      let next = schedule.next()
      defer { last = next }
      return next - last
    }
  }

  @Test func constantGapsKeepTheRate() {
    let gaps = gaps(.constant, seed: 1)
    #expect(gaps.allSatisfy { $0 == 333_333 || $0 == 333_334 })
    let sum = gaps.reduce(0, +)
    #expect((33_333_333_000...33_333_334_000).contains(sum))
  }

  /// Of an exponential distribution: the mean is the standard deviation, and 1/e are longer.
  @Test func poissonGapsAreExponential() {
    let gaps = gaps(.poisson, seed: 1).map { Double($0) }
    let count = Double(gaps.count)
    let mean = gaps.reduce(0, +) / count
    #expect((0.98...1.02).contains(mean / 333_333))
    let squares: Double = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / count).squareRoot()
    #expect((0.98...1.02).contains(deviation / mean))
    let longer = Double(gaps.count { $0 > 333_333 }) / count
    #expect((0.358...0.378).contains(longer))
  }

  @Test func seedGivesTheSameAgain() {
    #expect(gaps(.poisson, seed: 5, count: 100) == gaps(.poisson, seed: 5, count: 100))
    #expect(gaps(.poisson, seed: 5, count: 100) != gaps(.poisson, seed: 6, count: 100))
  }
}
