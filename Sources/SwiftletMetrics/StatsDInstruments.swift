// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import SwiftletServer
import Synchronization

/// What holds one metric with one set of tags until it is sent.
protocol StatsDInstrument: AnyObject, Sendable {
  /// Lines of what was recorded since the last call.
  func takeLines() -> [String]
}

final class StatsDCounter: StatsDInstrument, CounterHandler {
  private let name: StatsDName
  private let count = Atomic<Int64>(0)

  init(_ name: StatsDName) { self.name = name }

  func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
  func reset() { count.store(0, ordering: .relaxed) }

  func takeLines() -> [String] {
    let count = count.exchange(0, ordering: .relaxed)
    return count == 0 ? [] : [name.line(Double(count), "c")]
  }
}

final class StatsDSum: StatsDInstrument, FloatingPointCounterHandler {
  private let name: StatsDName
  private let sum = Locked(0.0)

  init(_ name: StatsDName) { self.name = name }

  func increment(by amount: Double) {
    if amount.isFinite { sum.withLock { $0 += amount } }
  }
  func reset() { sum.withLock { $0 = 0 } }

  func takeLines() -> [String] {
    let sum = sum.withLock { sum in
      defer { sum = 0 }
      return sum
    }
    return sum == 0 ? [] : [name.line(sum, "c")]
  }
}

final class StatsDGauge: StatsDInstrument, MeterHandler, RecorderHandler {
  private let name: StatsDName
  private let value = Locked<Double?>(nil)

  init(_ name: StatsDName) { self.name = name }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) {
    if value.isFinite { self.value.withLock { $0 = value } }
  }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
  func increment(by amount: Double) {
    if amount.isFinite { value.withLock { $0 = ($0 ?? 0) + amount } }
  }
  func decrement(by amount: Double) { increment(by: -amount) }

  /// Also when it did not change: agents forget gauges they do not hear of.
  func takeLines() -> [String] {
    guard let value = value.withLock({ $0 }) else { return [] }
    // A sign would make it a change of the value before, so a negative one begins at zero.
    return (value < 0 ? [name.line(0, "g")] : []) + [name.line(value, "g")]
  }
}

/// Values of a distribution, of which at most a bounded number is kept until they are sent.
struct StatsDSamples {
  static let limit = 256

  private var values: [Double] = []
  private var seen = 0

  mutating func note(_ value: Double) {
    guard value.isFinite else { return }
    seen += 1
    if values.count < StatsDSamples.limit {
      values.append(value)
    } else {
      // Each of all that were seen has the same chance to be kept.
      let place = Int.random(in: 0..<seen)
      if place < values.count { values[place] = value }
    }
  }

  mutating func takeLines(_ name: StatsDName, _ type: String) -> [String] {
    let rate = seen > values.count ? "|@\(Double(values.count) / Double(seen))" : ""
    defer { self = StatsDSamples() }
    return values.map { name.line($0, type + rate) }
  }
}

final class StatsDValues: StatsDInstrument, RecorderHandler {
  private let name: StatsDName
  private let samples = Locked(StatsDSamples())

  init(_ name: StatsDName) { self.name = name }

  func record(_ value: Int64) { record(Double(value)) }
  func record(_ value: Double) { samples.withLock { $0.note(value) } }
  func takeLines() -> [String] { samples.withLock { $0.takeLines(name, "h") } }
}

/// Durations, in milliseconds on their way.
final class StatsDTimes: StatsDInstrument, TimerHandler {
  private let name: StatsDName
  private let samples = Locked(StatsDSamples())

  init(_ name: StatsDName) { self.name = name }

  func recordNanoseconds(_ duration: Int64) { samples.withLock { $0.note(Double(duration) / 1e6) } }
  func takeLines() -> [String] { samples.withLock { $0.takeLines(name, "ms") } }
}
