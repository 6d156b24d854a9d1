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
    var text = ""
    func add(_ name: String, _ type: String, _ help: String, _ values: [(String, String)]) {
      text += "# HELP swiftlet_perf_\(name) \(help)\n# TYPE swiftlet_perf_\(name) \(type)\n"
      for (suffix, value) in values { text += "swiftlet_perf_\(name)\(suffix) \(value)\n" }
    }
    if let progress = state.progress {
      add("phase", "gauge", "What is done now.", [("{phase=\"\(progress.phase)\"}", "1")])
      add(
        "connections", "gauge", "Connections that were opened.", [("", "\(progress.opened)")])
      add("sent_total", "counter", "Messages sent.", [("", "\(progress.sent)")])
      add("received_total", "counter", "Replies.", [("", "\(progress.received)")])
    }
    if let second = state.second {
      add(
        "rate", "gauge", "Replies in the last measured second.", [("", "\(second.received)")])
      add("faults", "gauge", "Messages that were not right.", [("", "\(second.faults.sum)")])
      add(
        "client_busy_ratio", "gauge", "The busiest client thread's share of its core.",
        [("", second.busy.rounded(toPlaces: 3))])
      let quantiles = [0.5, 0.9, 0.99, 0.999, 1].map { quantile in
        let value = Double(second.response.valueAtPercentile(100 * quantile)) / 1e9
        return ("{quantile=\"\(quantile)\"}", value.rounded(toPlaces: 9))
      }
      add(
        "response_seconds", "summary", "Response times; quantiles are those of the last second.",
        quantiles + [
          ("_sum", (state.nanoseconds / 1e9).rounded(toPlaces: 6)), ("_count", "\(state.count)"),
        ])
    }
    return text
  }
}
