// SPDX-License-Identifier: Apache-2.0

/// What one receiver has had of numbered messages.
struct Receipts {
  enum Arrival {
    /// The next one, or a later one: then those between are missing.
    case new
    /// One that was missing.
    case late
    case duplicate
  }

  /// The number of the message to come next; nil where any may be the first.
  private(set) var next: UInt64?
  private var missing: Set<UInt64> = []
  /// Kept for telling late ones from duplicates; of more the count alone is kept.
  private static let mostMissing = 10_000
  private(set) var missingCount = 0

  init(from first: UInt64?) { next = first }

  @inline(__always)
  mutating func note(_ number: UInt64) -> Arrival {
    let expected = next ?? number
    if number == expected {
      next = number + 1
      return .new
    }
    return noteOutOfTurn(number, expected)
  }

  private mutating func noteOutOfTurn(_ number: UInt64, _ expected: UInt64) -> Arrival {
    if number > expected {
      let room = Self.mostMissing - missing.count
      missing.formUnion(expected..<min(number, expected + UInt64(max(0, room))))
      missingCount += Int(clamping: number - expected)
      next = number + 1
      return .new
    }
    guard missing.remove(number) != nil else { return .duplicate }
    missingCount -= 1
    return .late
  }

  /// Begins to count anew what is missing.
  mutating func forget() {
    missing = []
    missingCount = 0
  }
}
