// SPDX-License-Identifier: Apache-2.0

/// How long a loop took from its wake-up until the replies of a connection were written, by route.
///
/// Measured once each time a connection has its turn, and counted for each message received and each request answered
/// in it: the batch is what its sender waited for. Buckets double, so that finding one is counting zeros.
struct ServiceTimes: ~Copyable {
  /// Bounds are powers of two nanoseconds, 1.024 µs to 8.6 s.
  private static let firstPower = 10
  private static let lastPower = 33
  private static let bucketCount = lastPower - firstPower + 2

  static let bounds = (firstPower...lastPower).map { Double(UInt64(1) << UInt64($0)) / 1e9 }

  /// Of a connection whose path is no route's.
  static let noRoute = UInt16.max

  /// A route's buckets and behind them the sum of its times in nanoseconds.
  private let counts: CounterArray

  init(routes: Int) {
    counts = CounterArray(count: routes * (ServiceTimes.bucketCount + 1))
  }

  @inline(__always)
  func note(_ nanoseconds: UInt64, times count: UInt64, route: UInt16) {
    let first = Int(route) * (ServiceTimes.bucketCount + 1)
    counts[first + ServiceTimes.bucket(of: nanoseconds)].add(count)
    counts[first + ServiceTimes.bucketCount].add(nanoseconds &* count)
  }

  /// A bound is part of its bucket.
  static func bucket(of nanoseconds: UInt64) -> Int {
    let power = UInt64.bitWidth - (max(nanoseconds, 1) - 1).leadingZeroBitCount
    return min(max(power - firstPower, 0), bucketCount - 1)
  }

  /// What a route's times come to.
  func value(route: Int) -> HistogramValue {
    let first = route * (ServiceTimes.bucketCount + 1)
    return HistogramValue(
      bounds: ServiceTimes.bounds,
      counts: (0..<ServiceTimes.bucketCount).map { counts[first + $0].current },
      sum: Double(counts[first + ServiceTimes.bucketCount].current) / 1e9)
  }
}

extension HistogramValue {
  /// Adds what was counted elsewhere in the same buckets.
  mutating func add(_ other: HistogramValue) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
    sum += other.sum
  }
}
