// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Foundation
import ServiceLifecycle
import SwiftletMetrics
import SwiftletServer

/// Where metrics go: to whoever reads `/metrics`, and to a DogStatsD agent if one is named. What a package reports
/// through swift-metrics goes to both.
struct Reporting {
  let registry = PrometheusRegistry()
  /// To run beside the server.
  let services: [any Service]

  init(_ metrics: Metrics, statsd: HostAndPort?) throws(StartFailure) {
    metrics.add { ProcessMetrics.families() }
    registry.register { metrics.families() }
    guard let statsd else {
      services = []
      MetricsSystem.bootstrap(registry)
      return
    }
    let client: StatsDClient
    do throws(StatsDError) {
      client = try StatsDClient(host: statsd.host, port: statsd.port)
    } catch {
      throw StartFailure("--statsd: \(error)", status: EX_UNAVAILABLE)
    }
    metrics.add(
      counter: "statsd_datagrams_lost_total", "Datagrams to the DogStatsD agent that were not sent."
    ) { client.datagramsLost }
    let factory = StatsDFactory(client: client)
    services = [MetricsPublisher(metrics, to: factory) { factory.flush() }]
    MetricsSystem.bootstrap(MultiplexMetricsHandler(factories: [registry, factory]))
  }
}
