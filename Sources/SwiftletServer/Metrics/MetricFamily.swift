// SPDX-License-Identifier: Apache-2.0

/// What is known of one metric at one moment: a name, and a value for each set of labels.
public struct MetricFamily: Sendable {
  public enum Kind: String, Sendable {
    /// Only rises.
    case counter
    case gauge
    case histogram
    case summary
  }

  public struct Sample: Sendable {
    public var labels: [(name: String, value: String)]
    public var value: Value

    public init(labels: [(name: String, value: String)] = [], _ value: Value) {
      self.labels = labels
      self.value = value
    }
  }

  public enum Value: Sendable {
    /// Of a counter or a gauge.
    case number(Double)
    case histogram(HistogramValue)
    case summary(quantiles: [(quantile: Double, value: Double)], sum: Double, count: UInt64)
  }

  public var name: String
  public var kind: Kind
  /// A sentence for people.
  public var help: String
  public var samples: [Sample]

  public init(_ kind: Kind, _ name: String, _ help: String, samples: [Sample]) {
    self.kind = kind
    self.name = name
    self.help = help
    self.samples = samples
  }

  /// One without labels.
  public init(_ kind: Kind, _ name: String, _ help: String, _ value: Double) {
    self.init(kind, name, help, samples: [Sample(.number(value))])
  }

  /// Numbers by the value of one label.
  public init(
    _ kind: Kind, _ name: String, _ help: String, by label: String, _ values: [(String, Double)]
  ) {
    self.init(
      kind, name, help,
      samples: values.map { Sample(labels: [(label, $0.0)], .number($0.1)) })
  }
}

/// How often values fell between bounds.
public struct HistogramValue: Sendable, Equatable {
  /// Upper bounds of the buckets, rising, each part of its bucket; a last bucket without one follows.
  public var bounds: [Double]
  /// Of each bucket by itself, the last one's included: one more than there are bounds.
  public var counts: [UInt64]
  public var sum: Double

  public init(bounds: [Double], counts: [UInt64], sum: Double) {
    precondition(counts.count == bounds.count + 1, "a bucket a bound, and one for what is larger")
    self.bounds = bounds
    self.counts = counts
    self.sum = sum
  }

  public var count: UInt64 { counts.reduce(0, &+) }

  /// A value below which `share` of the values lie, taken as even within its bucket; nil when there are none.
  /// What lies above all bounds counts as the last of them.
  public func quantile(_ share: Double) -> Double? {
    let total = Double(count)
    guard total > 0 else { return nil }
    var below = 0.0
    for (index, bound) in bounds.enumerated() {
      let inside = Double(counts[index])
      if inside > 0, below + inside >= share * total {
        let start = index == 0 ? 0 : bounds[index - 1]
        return start + (bound - start) * max(0, share * total - below) / inside
      }
      below += inside
    }
    return bounds.last
  }

  /// What came after `earlier`, of the same bounds.
  public func since(_ earlier: HistogramValue) -> HistogramValue {
    HistogramValue(
      bounds: bounds, counts: zip(counts, earlier.counts).map { $0 &- $1 }, sum: sum - earlier.sum)
  }
}
