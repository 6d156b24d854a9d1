// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
public import ServiceLifecycle

/// Takes a server's metrics to a backend of swift-metrics, all at once and once a while.
///
/// Counters become counters, gauges recorders that do not aggregate. swift-metrics has no histogram that is already
/// counted, so one becomes a counter `NAME_count`, a counter of fractions `NAME_sum`, and gauges `NAME` with a
/// `quantile` dimension (0.5, 0.9, 0.99) over the time since the publication before.
public actor MetricsPublisher: Service {
  private struct Key: Hashable {
    var name: String
    var labels: [String]

    init(_ name: String, _ labels: [(name: String, value: String)]) {
      self.name = name
      self.labels = labels.flatMap { [$0.name, $0.value] }
    }
  }

  private static let quantiles = [0.5, 0.9, 0.99]

  private let metrics: Metrics
  private let factory: any MetricsFactory
  private let interval: Duration
  private let published: @Sendable () -> Void
  private var counters: [Key: (handler: any CounterHandler, last: Int64)] = [:]
  private var sums: [Key: any FloatingPointCounterHandler] = [:]
  /// What was published of counters that count fractions, which are those of times.
  private var seconds: [Key: Double] = [:]
  private var gauges: [Key: any RecorderHandler] = [:]
  private var histograms: [Key: HistogramValue] = [:]

  /// - Parameter published: Called after each publication, for a backend that is told when to send.
  public init(
    _ metrics: Metrics, to factory: any MetricsFactory = MetricsSystem.factory,
    every interval: Duration = .seconds(10), published: @escaping @Sendable () -> Void = {}
  ) {
    self.metrics = metrics
    self.factory = factory
    self.interval = interval
    self.published = published
  }

  /// Publishes until the graceful shutdown, and then once more.
  public func run() async {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await self.publish()
        try? await Task.sleep(for: self.interval)
      }
    }
    publish()
  }

  /// Publishes what there is now.
  public func publish() {
    for family in metrics.families() {
      for sample in family.samples { publish(sample, of: family) }
    }
    published()
  }

  private func publish(_ sample: MetricFamily.Sample, of family: MetricFamily) {
    switch sample.value {
    case .number(let value)
    where family.kind == .counter && family.name.hasSuffix("_seconds_total"):
      add(
        family.name, sample.labels,
        value - (seconds.updateValue(value, forKey: Key(family.name, sample.labels)) ?? 0))
    case .number(let value) where family.kind == .counter:
      // What is no number of anything is left out.
      if let value = Int64(exactly: value.rounded(.down)) {
        count(family.name, sample.labels, value)
      }
    case .number(let value): gauge(family.name, sample.labels, value)
    case .histogram(let histogram): publish(histogram, family.name, sample.labels)
    case .summary(let quantiles, let sum, let count):
      for (quantile, value) in quantiles {
        gauge(family.name, sample.labels + [("quantile", "\(quantile)")], value)
      }
      gauge(family.name + "_sum", sample.labels, sum)
      self.count(family.name + "_count", sample.labels, Int64(count))
    }
  }

  private func count(_ name: String, _ labels: [(name: String, value: String)], _ value: Int64) {
    let key = Key(name, labels)
    let known =
      counters[key]
      ?? (factory.makeCounter(label: name, dimensions: labels.map { ($0.name, $0.value) }), 0)
    if value > known.last { known.handler.increment(by: value - known.last) }
    counters[key] = (known.handler, value)
  }

  private func add(_ name: String, _ labels: [(name: String, value: String)], _ amount: Double) {
    let key = Key(name, labels)
    let handler =
      sums[key]
      ?? factory.makeFloatingPointCounter(
        label: name, dimensions: labels.map { ($0.name, $0.value) })
    if amount > 0 { handler.increment(by: amount) }
    sums[key] = handler
  }

  private func gauge(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
    let key = Key(name, labels)
    let handler =
      gauges[key]
      ?? factory.makeRecorder(
        label: name, dimensions: labels.map { ($0.name, $0.value) }, aggregate: false)
    handler.record(value)
    gauges[key] = handler
  }

  private func publish(
    _ histogram: HistogramValue, _ name: String, _ labels: [(name: String, value: String)]
  ) {
    count(name + "_count", labels, Int64(histogram.count))
    let key = Key(name, labels)
    let recent = histograms[key].map { histogram.since($0) } ?? histogram
    histograms[key] = histogram
    guard recent.count > 0 else { return }
    add(name + "_sum", labels, recent.sum)
    for quantile in MetricsPublisher.quantiles {
      guard let value = recent.quantile(quantile) else { continue }
      gauge(name, labels + [("quantile", "\(quantile)")], value)
    }
  }
}
