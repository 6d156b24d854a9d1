// SPDX-License-Identifier: Apache-2.0

/// What a server and its services count.
///
/// Made before the server, so that a route can show it; the server adds its loops when it starts. The numbers are the
/// loops' own plain counters: nothing is done for them a message, all when somebody asks. ``MetricsPublisher`` takes
/// them to any backend of swift-metrics.
public final class Metrics: Sendable {
  private struct Contents {
    /// Of each loop. Not the loops themselves: their routes may well hold these metrics.
    var loops: [SharedCounters] = []
    var sources: [@Sendable () -> [MetricFamily]] = []
    var isDraining = false
  }

  private let contents = Locked(Contents())

  public init() {}

  /// Adds metrics, made anew at each call of ``families()``.
  public func add(_ source: @escaping @Sendable () -> [MetricFamily]) {
    contents.withLock { $0.sources.append(source) }
  }

  /// Adds a number that only rises.
  public func add(
    counter name: String, _ help: String, _ value: @escaping @Sendable () -> Int
  ) {
    add { [MetricFamily(.counter, "swiftlet_\(name)", help, Double(value()))] }
  }

  /// Adds a number that rises and falls.
  public func add(
    gauge name: String, _ help: String, _ value: @escaping @Sendable () -> Int
  ) {
    add { [MetricFamily(.gauge, "swiftlet_\(name)", help, Double(value()))] }
  }

  /// Whether the server takes new connections: false before it listens and while it drains.
  public var isReady: Bool { contents.withLock { !$0.loops.isEmpty && !$0.isDraining } }

  func add(_ loops: [EventLoop]) { contents.withLock { $0.loops = loops.map(\.counters) } }
  func markDraining() { contents.withLock { $0.isDraining = true } }

  /// How long the slowest of the loops has been at what it does now: one that hangs is at it for ever.
  public var longestTurn: Duration {
    let loops = contents.withLock { $0.loops }
    return .nanoseconds(loops.map { Int64($0.pointer.pointee.use.currentTurn) }.max() ?? 0)
  }

  /// Everything, as of now.
  public func families() -> [MetricFamily] {
    let (loops, sources) = contents.withLock { ($0.loops, $0.sources) }
    return engineFamilies(loops) + sources.flatMap { $0() }
  }

  /// Everything, in the Prometheus text format 0.0.4.
  public func text() -> String { PrometheusText.render(families()) }
}
