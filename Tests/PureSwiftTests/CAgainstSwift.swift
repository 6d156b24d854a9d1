// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Testing

/// The C core against the same functions in plain Swift. Serialized as a whole, because the CPU level
/// is one for the process.
@Suite(.serialized) enum CAgainstSwift {
  /// Runs `body` at every CPU level the machine has.
  static func atEachLevel(_ body: (CPULevel) throws -> Void) rethrows {
    let before = CPULevel.active
    defer { CPULevel.limit(to: before) }
    for level in CPULevel.available {
      CPULevel.limit(to: level)
      try body(level)
    }
  }
}

extension CAgainstSwift {
  @Test static func levelsAreLimited() {
    let before = CPULevel.active
    defer { CPULevel.limit(to: before) }
    for level in CPULevel.available {
      #expect(CPULevel.limit(to: level) == level)
      #expect(CPULevel.active == level)
      #expect(CPULevel.best == CPULevel.available.last)
    }
    for level in CPULevel.allCases where !CPULevel.available.contains(level) {
      #expect(CPULevel.available.contains(CPULevel.limit(to: level)))
    }
  }
}

/// The generator of Steele, Lea and Flood (2014): the same numbers in every run.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: Int) { state = UInt64(seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}
