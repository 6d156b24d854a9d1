// SPDX-License-Identifier: Apache-2.0

/// Finds the highest rate at which all is well: doubles until it is not, and then halves the interval, on a
/// logarithmic scale, until its ends are close.
package struct CapacitySearch: Sendable {
  private enum State {
    /// All was well at the first, if at any; the second is the next to try.
    case rising(good: Double?, next: Double)
    /// All was well at the first and not at the second.
    case between(good: Double, bad: Double)
    /// It was never well down to the rate that is to try next.
    case falling(bad: Double, next: Double)
    case done(good: Double?)
  }

  private var state: State
  /// How far the ends of the interval may be apart.
  private let precision: Double
  private let limits: ClosedRange<Double>

  /// - Precondition: `first` is within the limits, which are above 0; `precision` is above 1.
  package init(from first: Double, within limits: ClosedRange<Double>, precision: Double) {
    precondition(limits.contains(first) && limits.lowerBound > 0 && precision > 1)
    state = .rising(good: nil, next: first)
    self.limits = limits
    self.precision = precision
  }

  /// The rate to try next; nil when the search is over.
  package var next: Double? {
    switch state {
    case .rising(_, let next), .falling(_, let next): next
    case .between(let good, let bad): (good * bad).squareRoot()
    case .done: nil
    }
  }

  /// The highest rate at which all was well.
  package var best: Double? {
    switch state {
    case .rising(let good, _), .done(let good): good
    case .between(let good, _): good
    case .falling: nil
    }
  }

  /// Whether there is no higher rate within the limits to try.
  package var hasReachedTheLimit: Bool { best == limits.upperBound }

  /// How it was at ``next``.
  package mutating func note(isWell: Bool) {
    guard let tried = next else { return }
    switch (state, isWell) {
    case (.rising, true):
      state =
        tried == limits.upperBound
        ? .done(good: tried) : .rising(good: tried, next: min(2 * tried, limits.upperBound))
    case (.rising(let good?, _), false): state = .between(good: good, bad: tried)
    case (.rising(nil, _), false), (.falling, false):
      state =
        tried == limits.lowerBound
        ? .done(good: nil) : .falling(bad: tried, next: max(tried / 2, limits.lowerBound))
    case (.falling(let bad, _), true): state = .between(good: tried, bad: bad)
    case (.between(_, let bad), true): state = .between(good: tried, bad: bad)
    case (.between(let good, _), false): state = .between(good: good, bad: tried)
    case (.done, _): break
    }
    if case .between(let good, let bad) = state, bad / good <= precision {
      state = .done(good: good)
    }
  }
}
