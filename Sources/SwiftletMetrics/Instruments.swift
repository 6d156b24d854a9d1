// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import SwiftletServer
import Synchronization

/// What holds the value of one metric with one set of labels.
protocol Instrument: AnyObject, Sendable {
  var value: MetricFamily.Value { get }
}

final class CounterInstrument: Instrument, CounterHandler {
  private let count = Atomic<Int64>(0)

  func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
  func reset() { count.store(0, ordering: .relaxed) }

  var value: MetricFamily.Value { .number(Double(count.load(ordering: .relaxed))) }
}

/// A gauge, or a counter of fractions.
final class NumberInstrument: Instrument, MeterHandler, RecorderHandler,
  FloatingPointCounterHandler
{
  private let bits = Atomic<UInt64>(0)

  private func change(_ change: (Double) -> Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let new = change(Double(bitPattern: old)).bitPattern
      let (exchanged, original) = bits.weakCompareExchange(
        expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = original
    }
  }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
  func increment(by amount: Double) { change { $0 + amount } }
  func decrement(by amount: Double) { change { $0 - amount } }
  func reset() { set(0.0) }

  var value: MetricFamily.Value { .number(Double(bitPattern: bits.load(ordering: .relaxed))) }
}

final class HistogramInstrument: Instrument, RecorderHandler, TimerHandler {
  private let histogram: Locked<HistogramValue>

  init() {
    let bounds = PrometheusRegistry.bounds
    histogram = Locked(
      HistogramValue(
        bounds: bounds, counts: [UInt64](repeating: 0, count: bounds.count + 1), sum: 0))
  }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    guard !value.isNaN else { return }
    histogram.withLock { histogram in
      let index = histogram.bounds.firstIndex { value <= $0 } ?? histogram.bounds.count
      histogram.counts[index] += 1
      histogram.sum += value
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  var value: MetricFamily.Value { .histogram(histogram.withLock { $0 }) }
}
