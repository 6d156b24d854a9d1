// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// How many times as large one quantity is as another, by pairs that were measured side by side: the
/// median of the pairs' ratios with its 95 % confidence interval.
///
/// The interval is a bootstrap of that median (Efron, "Bootstrap methods: another look at the jackknife", 1979).
/// Of few values its plain percentiles are too near to each other, since a sample varies less than what it was
/// drawn from; they are moved apart as a t-interval is wider than a normal one (Hesterberg, "What teachers should
/// know about the bootstrap", 2015). The median, since a machine's noise is a disturbed pair now and then.
package struct Ratio: Hashable, Sendable, Codable {
  package let median: Double
  package let low: Double
  package let high: Double

  /// With fewer pairs a median has no interval of 95 %: of five values even the whole range holds it less
  /// often.
  package static let leastPairs = 6

  /// `others` over `bases`, pair by pair. nil when a value is not above 0, or there are too few.
  package init?(of others: [Double], to bases: [Double], seed: UInt64) {
    guard others.count == bases.count, others.count >= Self.leastPairs,
      (others + bases).allSatisfy({ $0 > 0 && $0.isFinite })
    else { return nil }
    // Of logarithms, so that 1/2 is as far from 1 as 2 is.
    let ratios = zip(others, bases).map { log($0 / $1) }.sorted()
    let medians = resampledMedians(ofSorted: ratios, seed: seed)
    let tail = Self.tail(of: ratios.count)
    median = exp(Spread(of: ratios).median)
    low = exp(quantile(tail, of: medians))
    high = exp(quantile(1 - tail, of: medians))
  }

  /// Whether the interval leaves out 1.
  package var isDifference: Bool { low > 1 || high < 1 }

  /// The share of the resampled medians that lies below the interval: less than the plain 2.5 %.
  private static func tail(of count: Int) -> Double {
    let count = Double(count)
    let factor = studentQuantile(degreesOfFreedom: count - 1) * (count / (count - 1)).squareRoot()
    return 0.5 * erfc(factor / 2.squareRoot())
  }
}

/// The medians of a thousand samples that are drawn from the values with replacement, in ascending order.
private func resampledMedians(ofSorted values: [Double], seed: UInt64) -> [Double] {
  var random = SplitMix64(seed: seed)
  let count = UInt64(values.count)
  var drawn = values.map { _ in 0 }
  return (0..<1000).map { _ in
    for index in drawn.indices {
      // By the high word of a product: each is as likely, but for a share of 2^-60.
      drawn[index] = Int(random.next().multipliedFullWidth(by: count).high)
    }
    drawn.sort()
    return (values[drawn[(drawn.count - 1) / 2]] + values[drawn[drawn.count / 2]]) / 2
  }.sorted()
}

/// Student's distribution: what 97.5 % of its values lie below. By its expansion around the normal one (Abramowitz
/// and Stegun, 26.7.5); within 0.1 % from five degrees of freedom.
private func studentQuantile(degreesOfFreedom n: Double) -> Double {
  let x = 1.959_963_985
  let g1 = (pow(x, 3) + x) / 4
  let g2 = (5 * pow(x, 5) + 16 * pow(x, 3) + 3 * x) / 96
  let g3 = (3 * pow(x, 7) + 19 * pow(x, 5) + 17 * pow(x, 3) - 15 * x) / 384
  return x + g1 / n + g2 / (n * n) + g3 / (n * n * n)
}

/// Between two values that are neighbours, in proportion.
private func quantile(_ share: Double, of sorted: [Double]) -> Double {
  let place = share * Double(sorted.count - 1)
  let index = Int(place)
  let next = min(index + 1, sorted.count - 1)
  return sorted[index] + (place - Double(index)) * (sorted[next] - sorted[index])
}
