// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletTestSupport
import Testing

@testable import SwiftletPerf

/// Comparisons of made-up servers, whose truth is known.
@Suite struct RatioTests {
  /// How a machine may disturb what is measured.
  enum Noise: CaseIterable {
    case normal
    /// Now and then far off (Student's distribution with two degrees of freedom).
    case heavy
    /// A run in ten is slowed down much.
    case stalls
    /// Each run is a little slower than the one before.
    case drift
    /// The machine's speed wanders.
    case walk
  }

  /// What rounds of A and B, or B and A, measure. `slowdown` is B's.
  private func measure(
    _ noise: Noise, rounds: Int, slowdown: Double, _ random: inout SplitMix64
  ) -> (a: [Double], b: [Double]) {
    var wandered = 0.0
    var (a, b) = ([Double](), [Double]())
    for run in 0..<2 * rounds {
      var value = 0.03 * random.normal()
      wandered += 0.03 * random.normal()
      switch noise {
      case .normal: break
      case .heavy:
        let chi = -2 * log(1 - Double.random(in: 0..<1, using: &random))
        value /= (chi / 2).squareRoot()
      case .stalls: if Int.random(in: 0..<10, using: &random) == 0 { value -= 0.5 }
      case .drift: value -= 0.3 * Double(run) / Double(2 * rounds)
      case .walk: value += wandered
      }
      if Rotation(of: 2)[run / 2][run % 2] == 0 {
        a.append(1000 * exp(value))
      } else {
        b.append(1000 * (1 - slowdown) * exp(value))
      }
    }
    return (a, b)
  }

  /// Of a hundred comparisons those that show a difference. On threads of their own: other tests need Swift's, and
  /// have deadlines.
  private func differences(_ noise: Noise, rounds: Int, slowdown: Double) async throws -> Int {
    try await withTaskExecutorPreference(BlockingExecutor.shared) {
      var random = SplitMix64(seed: UInt64(rounds))
      var count = 0
      for _ in 0..<100 {
        let (a, b) = measure(noise, rounds: rounds, slowdown: slowdown, &random)
        let ratio = try #require(Ratio(of: b, to: a, seed: random.next()))
        #expect(ratio.low <= ratio.median && ratio.median <= ratio.high)
        if ratio.isDifference { count += 1 }
      }
      return count
    }
  }

  @Test(arguments: Noise.allCases, [Ratio.leastPairs, 10])
  func equalServersShowNoDifference(noise: Noise, rounds: Int) async throws {
    #expect(try await differences(noise, rounds: rounds, slowdown: 0) <= 10)
  }

  @Test(arguments: [Noise.normal, .drift], [8, 10])
  func serverTenPercentSlowerIsToldApart(noise: Noise, rounds: Int) async throws {
    #expect(try await differences(noise, rounds: rounds, slowdown: 0.1) >= 90)
  }

  @Test(arguments: [Noise.heavy, .stalls, .walk])
  func serverTenPercentSlowerIsToldApartInMoreRoundsOnAWorseMachine(noise: Noise) async throws {
    #expect(try await differences(noise, rounds: 16, slowdown: 0.1) >= 90)
  }

  @Test func ratioIsThatOfThePairs() throws {
    let ratio = try #require(
      Ratio(of: [2, 4, 6, 8, 10, 12], to: [1, 2, 3, 4, 5, 6], seed: 1))
    #expect(abs(ratio.median - 2) < 1e-9 && abs(ratio.low - 2) < 1e-9 && abs(ratio.high - 2) < 1e-9)
    #expect(ratio.isDifference)
  }

  @Test func seedGivesTheSameInterval() {
    let (a, b) = ([1.0, 2, 3, 2, 1, 3, 2], [1.1, 2.1, 2.9, 2, 1.2, 3.1, 2])
    #expect(Ratio(of: a, to: b, seed: 7) == Ratio(of: a, to: b, seed: 7))
  }

  @Test func whatCannotBeComparedHasNoRatio() {
    let good = [1.0, 1, 1, 1, 1, 1]
    #expect(Ratio(of: good, to: [1, 1, 1, 1, 1, 0], seed: 1) == nil)
    #expect(Ratio(of: [.nan, 1, 1, 1, 1, 1], to: good, seed: 1) == nil)
    #expect(Ratio(of: good, to: [1, 1, 1, 1, 1], seed: 1) == nil)
    #expect(Ratio(of: [1, 1, 1, 1, 1], to: [1, 1, 1, 1, 1], seed: 1) == nil)
  }
}

@Suite struct RotationTests {
  @Test func twoTakeTurnsAsABBA() {
    #expect((0..<4).map { Rotation(of: 2)[$0] } == [[0, 1], [1, 0], [0, 1], [1, 0]])
  }

  @Test(arguments: 1...8)
  func eachHasEachPlaceAndFollowsEachOtherEquallyOften(count: Int) {
    let rotation = Rotation(of: count)
    let rows = (0..<(count % 2 == 0 ? count : 2 * count)).map { rotation[$0] }
    #expect(rows.allSatisfy { $0.sorted() == Array(0..<count) })
    for place in 0..<count {
      let there = rows.map { $0[place] }
      #expect(Set((0..<count).map { subject in there.count { $0 == subject } }).count == 1)
    }
    let pairs = rows.flatMap { zip($0, $0.dropFirst()).map { [$0, $1] } }
    #expect(Set(pairs).count == count * (count - 1))
    #expect(Set(Dictionary(grouping: pairs) { $0 }.map(\.value.count)).count <= 1)
  }
}

extension SplitMix64 {
  /// Of the standard normal distribution (Box and Muller).
  fileprivate mutating func normal() -> Double {
    let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &self))).squareRoot()
    return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
  }
}
