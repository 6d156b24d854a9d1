// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Testing

@testable import SwiftletPerf

@Suite struct KernelTests {
  /// A kernel whose subjects give these numbers and count how often they are run.
  static func kernel(
    _ outcomes: [(Subject.Implementation, [Double])], isExact: Bool, counts: Counts? = nil
  ) -> Kernel {
    Kernel(group: .image, name: "test", size: "1x1", bytes: 1, isExact: isExact) {
      outcomes.enumerated().map { index, outcome in
        Subject(
          implementation: outcome.0, isTimed: true, outcome: { .numbers(outcome.1) },
          work: { times in
            counts?.runs[index, default: 0] += times
            counts?.nanoseconds += UInt64(times) * 50_000
          })
      }
    }
  }

  final class Counts {
    var runs: [Int: Int] = [:]
    /// What all of them took: 50 µs each.
    var nanoseconds: UInt64 = 0
  }

  static let scalar = Subject.Implementation.c(method: .scalar, level: .scalar)
  static let simd = Subject.Implementation.c(method: .simd, level: .scalar)
  static let simdAgain = Subject.Implementation.c(method: .simd, level: .best)

  @Test func equalResultsPass() throws {
    try Self.kernel([(Self.scalar, [1]), (.swift, [1])], isExact: true).check()
    try Self.kernel([(Self.scalar, [1]), (.swift, [1 + 1e-15])], isExact: false).check()
    try Self.kernel([(Self.scalar, [.nan]), (.swift, [.nan])], isExact: true).check()
  }

  @Test func aDifferenceIsNamed() throws {
    let error = #expect(throws: Disagreement.self) {
      try Self.kernel([(Self.scalar, [1, 2]), (.swift, [1, 3])], isExact: true).check()
    }
    #expect(
      error?.description
        == "test of 1x1 differs: C scalar at level scalar gives 2.0 as value 2, "
        + "pure Swift gives 3.0 as value 2.")
  }

  @Test func exactKernelsHaveNoTolerance() {
    #expect(throws: Disagreement.self) {
      try Self.kernel([(Self.scalar, [1]), (.swift, [1 + 1e-15])], isExact: true).check()
    }
  }

  @Test func otherKernelsHaveLittle() {
    #expect(throws: Disagreement.self) {
      try Self.kernel([(Self.scalar, [1]), (.swift, [1 + 1e-11])], isExact: false).check()
    }
  }

  @Test func levelsOfAMethodHaveTheSameBits() {
    #expect(throws: Disagreement.self) {
      try Self.kernel(
        [(Self.scalar, [1]), (Self.simd, [1]), (Self.simdAgain, [1 + 1e-15])], isExact: false
      ).check()
    }
  }

  @Test func repetitionsAreLongEnoughAndRatiosOfMedians() {
    let counts = Counts()
    let measured = Self.kernel(
      [(.c(method: .auto, level: .scalar), []), (.swift, [])], isExact: true, counts: counts
    ).measure(repetitions: 3) { counts.nanoseconds }
    // A repetition of 200 µs takes at least four.
    #expect(counts.runs.values.allSatisfy { $0 >= 12 })
    let (c, swift) = (measured.times[0].nanoseconds, measured.times[1].nanoseconds)
    #expect(c.minimum == 50_000 && swift.maximum == 50_000)
    #expect(measured.ratio(.scalar) == swift.median / c.median)
    #expect(measured.ratio(.best) == (CPULevel.best == .scalar ? swift.median / c.median : nil))
  }

  @Test(arguments: [
    ("median u16 smooth", 2), ("utf8", 4), ("unmask and validate", 8), ("accept key", 1),
    ("opening handshake", 1), ("no such", 0),
  ])
  func aRunMeasuresWhatTheFilterNames(_ filter: String, _ count: Int) throws {
    var run = KernelRun(repetitions: 1)
    var lines: [String] = []
    try run.run(filter: filter) { lines.append($0) }
    #expect(run.measurements.count == count)
    #expect(run.measurements.allSatisfy { $0.kernel.name.contains(filter) })
    // All are checked before the first is measured.
    #expect(lines.map { $0.hasPrefix("checking") } == lines.indices.map { $0 < count })
    #expect(run.tables.split(separator: "\n").count == (count == 0 ? 0 : count + 2))
    let json = try run.json()
    #expect(json.contains("\"repetitions\" : 1"))
  }
}
