// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import SwiftletServer
internal import Synchronization

/// What a run has come to, for Prometheus: `/metrics` on a port of its own.
package final class LiveMetrics: Sendable {
  private struct State {
    var progress: LoadProgress?
    var second: LoadSecond?
    /// Of all seconds so far.
    var count: UInt64 = 0
    var nanoseconds = 0.0
  }

  private let state = Mutex(State())

  package init() {}

  package func note(_ progress: LoadProgress) {
    state.withLock { state in
      state.progress = progress
      guard let second = progress.second else { return }
      state.second = second
      state.count += second.response.totalCount
      state.nanoseconds += second.response.mean * Double(second.response.totalCount)
    }
  }

  /// Serves it while `body` runs.
  package func served<Result>(
    onPort port: UInt16, _ body: () async throws -> Result
  ) async throws -> Result {
    var routes = Routes()
    routes.get("/metrics") { [self] _ in
      Response(
        contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
    }
    var configuration = ServerConfiguration()
    configuration.port = port
    configuration.loops = 1
    configuration.drainTimeout = .milliseconds(100)
    var logger = Logger(label: "swiftlet-perf")
    logger.logLevel = .critical
    let server: Server
    do {
      server = try Server(configuration: configuration, routes: routes, logger: logger)
    } catch {
      throw LoadError.system("the metrics cannot be served: \(error)")
    }
    let serving = Task { try await server.run() }
    do {
      let result = try await body()
      serving.cancel()
      try await serving.value
      return result
    } catch {
      serving.cancel()
      try? await serving.value
      throw error
    }
  }

  // MARK: - Text

  var text: String {
    let state = state.withLock { $0 }
    var families: [MetricFamily] = []
    func add(
      _ kind: MetricFamily.Kind, _ name: String, _ help: String, _ sample: MetricFamily.Sample
    ) {
      families.append(MetricFamily(kind, "swiftlet_perf_\(name)", help, samples: [sample]))
    }
    if let progress = state.progress {
      add(
        .gauge, "phase", "What is done now.",
        .init(labels: [("phase", "\(progress.phase)")], .number(1)))
      add(
        .gauge, "connections", "Connections that were opened.",
        .init(.number(Double(progress.opened))))
      add(.counter, "sent_total", "Messages sent.", .init(.number(Double(progress.sent))))
      add(.counter, "received_total", "Replies.", .init(.number(Double(progress.received))))
    }
    if let second = state.second {
      add(
        .gauge, "rate", "Replies in the last measured second.",
        .init(.number(Double(second.received))))
      add(
        .gauge, "faults", "Messages that were not right.", .init(.number(Double(second.faults.sum)))
      )
      add(
        .gauge, "client_busy_ratio", "The busiest client thread's share of its core.",
        .init(.number(second.busy)))
      let quantiles = [0.5, 0.9, 0.99, 0.999, 1].map { quantile in
        (
          quantile: quantile,
          value: Double(second.response.valueAtPercentile(100 * quantile)) / 1e9
        )
      }
      add(
        .summary, "response_seconds",
        "Response times; quantiles are those of the last second.",
        .init(
          .summary(quantiles: quantiles, sum: state.nanoseconds / 1e9, count: state.count)))
    }
    return PrometheusText.render(families)
  }
}
