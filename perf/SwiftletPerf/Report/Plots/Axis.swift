// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Where values lie along an edge of a plot, and which of them are written there.
struct Axis {
  enum Scale {
    case linear
    /// Values above 0; those that are not lie at the low end.
    case logarithmic
    /// Shares below 1 in powers of ten of what is above: 0, 0.9, 0.99, 0.999 at equal distances.
    case percentile
  }

  struct Tick: Equatable {
    let value: Double
    let label: String
  }

  let title: String
  let unit: Unit
  let scale: Scale
  let low: Double
  let high: Double

  /// From the least to the largest of `values`.
  static func linear(_ title: String, _ unit: Unit, over values: some Sequence<Double>) -> Axis {
    let (low, high) = extremes(of: values)
    return Axis(
      title: title, unit: unit, scale: .linear, low: low,
      high: high > low ? high : low + max(1, abs(low) / 1e6))
  }

  /// From 0, or what is below it, to a round number above the largest.
  static func linearFromZero(_ title: String, _ unit: Unit, over values: some Sequence<Double>)
    -> Axis
  {
    let (least, most) = extremes(of: values)
    let low = min(0, least)
    let span = max(most, 0) - low
    guard span > 0 else {
      return Axis(title: title, unit: unit, scale: .linear, low: 0, high: 1)
    }
    let step = roundStep(span / 4)
    return Axis(
      title: title, unit: unit, scale: .linear, low: (low / step).rounded(.down) * step,
      high: (max(most, 0) / step).rounded(.up) * step)
  }

  /// From a round number below the least value to one above the largest. What is less than a millionth of the
  /// largest lies at the low end.
  static func logarithmic(_ title: String, _ unit: Unit, over values: some Sequence<Double>) -> Axis
  {
    let (least, most) = extremes(of: values.lazy.filter { $0 > 0 })
    guard most > 0 else {
      return Axis(title: title, unit: unit, scale: .logarithmic, low: 1, high: 10)
    }
    let first = roundNumber(atMost: max(least, most / 1e6))
    let last = roundNumber(atLeast: most)
    return Axis(
      title: title, unit: unit, scale: .logarithmic, low: first,
      high: last > first ? last : roundNumber(atLeast: first * 1.5))
  }

  /// Of counts whose bars are to be seen where they are 1.
  static func logarithmicCounts(_ title: String, over values: some Sequence<Double>) -> Axis {
    let high = extremes(of: values).1
    return Axis(
      title: title, unit: .count(""), scale: .logarithmic, low: 0.7,
      high: roundNumber(atLeast: max(high, 10)))
  }

  /// Wide enough for the rarest of `count` values.
  static func percentile(_ title: String, count: UInt64) -> Axis {
    Axis(
      title: title, unit: .share, scale: .percentile, low: 0,
      high: 1 - 1 / Double(min(max(count, 10), 1_000_000_000_000)))
  }

  /// 0 at the low end, 1 at the high one.
  func place(_ value: Double) -> Double {
    let (from, to) = (measure(low), measure(high))
    return ((measure(min(max(value, low), high)) - from) / (to - from))
  }

  private func measure(_ value: Double) -> Double {
    switch scale {
    case .linear: value
    case .logarithmic: log10(value)
    case .percentile: -log10(1 - value)
    }
  }

  // MARK: - Ticks

  /// At most so many, as far as that leaves two.
  func ticks(atMost count: Int) -> [Tick] {
    values(atMost: max(count, 2)).map { Tick(value: $0, label: label($0)) }
  }

  private func label(_ value: Double) -> String {
    guard scale == .percentile else { return unit.tick(value) }
    // 0.99999 has as many nines to show as the axis has powers of ten.
    let places = max(0, Int((-log10(1 - value)).rounded()) - 2)
    return (100 * value).rounded(toPlaces: places)
  }

  private func values(atMost count: Int) -> [Double] {
    switch scale {
    case .linear:
      let step = Self.roundStep((high - low) / Double(count))
      let first = Int((low / step).rounded(.up))
      let last = Int((high / step * (1 + 1e-12)).rounded(.down))
      return first > last ? [low] : (first...last).map { Double($0) * step }
    case .logarithmic:
      let all = Self.roundNumbers(from: low, to: high)
      if all.count <= count { return all }
      let powers = all.filter {
        let power = log10($0)
        return abs(power - power.rounded()) < 1e-9
      }
      return stride(from: 0, to: powers.count, by: (powers.count + count - 1) / count).map {
        powers[$0]
      }
    case .percentile:
      let last = max(1, Int((-log10(1 - high) + 1e-9).rounded(.down)))
      let step = (last + count - 1) / count
      let powers = stride(from: 0, through: last, by: step).map { 1 - pow(10, -Double($0)) }
      // The median, where there is room for it between 0 and 90.
      return 2 * last < count ? [powers[0], 0.5] + powers.dropFirst() : powers
    }
  }

  private static func extremes(of values: some Sequence<Double>) -> (Double, Double) {
    var (low, high) = (Double.infinity, -Double.infinity)
    // What is larger is damage, and could not be calculated with.
    for value in values where abs(value) < 1e100 {
      (low, high) = (min(low, value), max(high, value))
    }
    return low <= high ? (low, high) : (0, 0)
  }

  /// 1, 2 or 5 times a power of ten: the least that is not below `least`.
  private static func roundStep(_ least: Double) -> Double { roundNumber(atLeast: least) }

  private static func roundNumber(atLeast value: Double) -> Double {
    let power = Int(log10(value).rounded(.down))
    for factor in [1.0, 2, 5] where factor * exp10(power) >= value * (1 - 1e-12) {
      return factor * exp10(power)
    }
    return exp10(power + 1)
  }

  private static func roundNumber(atMost value: Double) -> Double {
    let power = Int(log10(value).rounded(.down))
    for factor in [5.0, 2] where factor * exp10(power) <= value * (1 + 1e-12) {
      return factor * exp10(power)
    }
    return exp10(power)
  }

  private static func roundNumbers(from low: Double, to high: Double) -> [Double] {
    var numbers = [roundNumber(atLeast: low)]
    while let last = numbers.last, last < high * (1 - 1e-9) {
      numbers.append(roundNumber(atLeast: last * 1.1))
    }
    return numbers
  }

  /// Exact for powers of either sign, as 10^-3 times 2 would not be.
  private static func exp10(_ power: Int) -> Double {
    power < 0 ? 1 / pow(10, Double(-power)) : pow(10, Double(power))
  }
}
