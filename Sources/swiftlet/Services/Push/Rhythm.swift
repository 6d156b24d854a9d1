// SPDX-License-Identifier: Apache-2.0

/// A sequence that advances a whole number of times a second, message 0 being due at time 0. Times are in
/// nanoseconds.
struct Rhythm {
  private static let second: UInt64 = 1_000_000_000

  let rate: UInt64

  init(rate: Int) { self.rate = UInt64(rate) }

  /// The last message that is due by a time.
  func latest(at time: UInt64) -> UInt64 {
    let (seconds, rest) = time.quotientAndRemainder(dividingBy: Rhythm.second)
    return seconds * rate + rest * rate / Rhythm.second
  }

  /// The first time at which a message is due.
  func due(_ sequence: UInt64) -> UInt64 {
    let (seconds, rest) = sequence.quotientAndRemainder(dividingBy: rate)
    // Rounded up, so that it is due by then.
    return seconds * Rhythm.second + (rest * Rhythm.second + rate - 1) / rate
  }
}
