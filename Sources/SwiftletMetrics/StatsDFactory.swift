// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
import SwiftletServer

/// A swift-metrics backend that sends to a DogStatsD agent: what changed is gathered and sent by ``flush()``.
///
/// Counters send their sum since the last flush, gauges and meters their last value, recorders and timers each
/// value (`h`, `ms`) up to a bound, beyond which a share of them with the rate that was kept.
public final class StatsDFactory: MetricsFactory {
  private let client: StatsDClient
  private let instruments = Locked([String: any StatsDInstrument]())

  public init(client: StatsDClient) { self.client = client }

  /// Sends what was recorded since the last call. Costs time in proportion to the instruments; waits for nothing.
  public func flush() {
    let all = instruments.withLock { $0.sorted { $0.key < $1.key } }
    client.send(all.lazy.flatMap { $0.value.takeLines() })
  }

  private func instrument<Kind: StatsDInstrument>(
    _ label: String, _ dimensions: [(String, String)], _ make: (StatsDName) -> Kind
  ) -> Kind {
    let name = StatsDName(label, tags: dimensions)
    // What is of another kind is another instrument, though the agent may not like it.
    let key = "\(name.name)\(name.tags) \(Kind.self)"
    return instruments.withLock { instruments in
      if let known = instruments[key] as? Kind { return known }
      let made = make(name)
      instruments[key] = made
      return made
    }
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    instrument(label, dimensions, StatsDCounter.init)
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    instrument(label, dimensions, StatsDSum.init)
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    instrument(label, dimensions, StatsDGauge.init)
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    aggregate
      ? instrument(label, dimensions, StatsDValues.init)
      : instrument(label, dimensions, StatsDGauge.init)
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    instrument(label, dimensions, StatsDTimes.init)
  }

  // Kept, so that what was recorded just before is still sent.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}
}

/// A metric's name, and its tags as they end a line, without what would end either early.
package struct StatsDName: Sendable {
  package let name: String
  package let tags: String

  package init(_ name: String, tags: [(String, String)]) {
    self.name = StatsDName.cleaned(name, alsoColons: true)
    self.tags =
      tags.isEmpty
      ? ""
      : "|#"
        + tags.map {
          "\(StatsDName.cleaned($0.0, alsoColons: true)):\(StatsDName.cleaned($0.1, alsoColons: false))"
        }.joined(separator: ",")
  }

  /// `type` is `c`, `g`, `h` or `ms`, with a sample rate behind it where there is one.
  package func line(_ value: Double, _ type: String) -> String {
    "\(name):\(PrometheusText.number(value))|\(type)\(tags)"
  }

  private static func cleaned(_ text: String, alsoColons: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isBad =
        scalar.value < 0x20 || scalar.value == 0x7F || "|@#,".unicodeScalars.contains(scalar)
        || (alsoColons && scalar == ":")
      result.unicodeScalars.append(isBad ? "_" : scalar)
    }
    return result
  }
}
