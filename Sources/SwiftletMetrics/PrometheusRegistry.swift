// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
public import SwiftletServer

/// A swift-metrics backend whose values Prometheus reads: instruments of `CoreMetrics`, and collectors that say
/// at each reading what they know.
///
/// Labels become names Prometheus allows (`.` and `-` turn to `_`). A counter's name ends in `_total`. Timers are
/// histograms in seconds, their name ending in `_seconds`; recorders that aggregate are histograms as well.
public final class PrometheusRegistry: MetricsFactory {
  private struct Contents {
    var instruments: [Key: any Instrument] = [:]
    var collectors: [@Sendable () -> [MetricFamily]] = []
  }

  private struct Key: Hashable {
    var name: String
    var kind: MetricFamily.Kind
    var labels: [String]
  }

  /// Bounds of recorders' and timers' buckets: 1, 2.5 and 5 of each power of ten.
  static let bounds = (-6...6).flatMap { power in
    ["1", "2.5", "5"].map { Double("\($0)e\(power)")! }
  }

  private let contents = Locked(Contents())

  public init() {}

  /// Adds what is made anew at each reading.
  public func register(_ collector: @escaping @Sendable () -> [MetricFamily]) {
    contents.withLock { $0.collectors.append(collector) }
  }

  /// Everything, in the Prometheus text format 0.0.4.
  public func text() -> String { PrometheusText.render(families()) }

  func families() -> [MetricFamily] {
    let (instruments, collectors) = contents.withLock { ($0.instruments, $0.collectors) }
    let own = instruments.sorted {
      ($0.key.name, $0.key.labels.joined(separator: ",")) < (
        $1.key.name, $1.key.labels.joined(separator: ",")
      )
    }
    return collectors.flatMap { $0() }
      + own.map { key, instrument in
        let labels = stride(from: 0, to: key.labels.count, by: 2).map {
          (name: key.labels[$0], value: key.labels[$0 + 1])
        }
        return MetricFamily(
          key.kind, key.name, "Reported by the program.",
          samples: [.init(labels: labels, instrument.value)])
      }
  }

  // MARK: - MetricsFactory

  /// The instrument of this name and these labels, made when there is none.
  private func instrument<Kind: Instrument>(
    _ kind: MetricFamily.Kind, _ label: String, suffix: String = "",
    _ dimensions: [(String, String)], _ make: () -> Kind
  ) -> Kind {
    var name = PrometheusText.name(label, isLabel: false)
    if !name.hasSuffix(suffix) { name += suffix }
    let labels = dimensions.sorted { $0.0 < $1.0 }
      .flatMap { [PrometheusText.name($0.0, isLabel: true), $0.1] }
    let key = Key(name: name, kind: kind, labels: labels)
    return contents.withLock { contents in
      if let known = contents.instruments[key] as? Kind { return known }
      let made = make()
      contents.instruments[key] = made
      return made
    }
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    instrument(.counter, label, suffix: "_total", dimensions, CounterInstrument.init)
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    instrument(.counter, label, suffix: "_total", dimensions, NumberInstrument.init)
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    instrument(.gauge, label, dimensions, NumberInstrument.init)
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    if aggregate {
      return instrument(.histogram, label, dimensions, HistogramInstrument.init)
    }
    return instrument(.gauge, label, dimensions, NumberInstrument.init)
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    instrument(.histogram, label, suffix: "_seconds", dimensions, HistogramInstrument.init)
  }

  // What was counted is kept: a Prometheus series that ends and begins anew says nothing.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}
}
