// SPDX-License-Identifier: Apache-2.0

/// The median of repeated measurements, and how far they spread.
public struct Spread: Hashable, Sendable, Codable {
  public let median: Double
  public let minimum: Double
  public let maximum: Double

  /// `values` must not be empty. An even count's median is the mean of the two middle values.
  public init(of values: [Double]) {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    minimum = sorted[0]
    maximum = sorted[sorted.count - 1]
  }
}
