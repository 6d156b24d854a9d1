// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import MetricsTestKit
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// What an embedder's backend is told, whichever it is.
@Suite(.blocking) struct PublisherTests {
  @Test func countersAreToldByWhatTheyRose() async throws {
    let backend = TestMetrics()
    let metrics = Metrics()
    let count = Count()
    metrics.add(counter: "jobs_total", "Jobs.") { count.value.withLock { $0 } }
    metrics.add(gauge: "depth", "Depth.") { 7 }
    let publisher = MetricsPublisher(metrics, to: backend)
    count.value.withLock { $0 = 5 }
    await publisher.publish()
    await publisher.publish()
    count.value.withLock { $0 = 12 }
    await publisher.publish()
    #expect(try backend.expectCounter("swiftlet_jobs_total").values == [5, 7])
    #expect(try backend.expectRecorder("swiftlet_depth").values == [7, 7, 7])
  }

  @Test func histogramsAreCountsSumsAndQuantiles() async throws {
    let backend = TestMetrics()
    let metrics = Metrics()
    metrics.add {
      let value = HistogramValue(bounds: [1, 2], counts: [0, 10, 0], sum: 15)
      let sample = MetricFamily.Sample(labels: [("route", "/a")], .histogram(value))
      return [MetricFamily(.histogram, "time", "Time.", samples: [sample])]
    }
    let publisher = MetricsPublisher(metrics, to: backend)
    await publisher.publish()
    await publisher.publish()
    #expect(try backend.expectCounter("time_count", [("route", "/a")]).values == [10])
    let median = try backend.expectRecorder("time", [("route", "/a"), ("quantile", "0.5")])
    // Nothing came since the first publication.
    #expect(median.values == [1.5])
  }

  @Test func aServersMessagesReachTheBackend() async throws {
    var routes = Routes()
    routes.webSocket("/echo") { _ in Echo() }
    let metrics = Metrics()
    let backend = TestMetrics()
    let publisher = MetricsPublisher(metrics, to: backend)
    try await withServer(routes, metrics: metrics) { server in
      let peer = try server.open("/echo")
      for index in 0..<9 {
        try peer.send(pattern(index))
        _ = try peer.receive()
      }
    }
    await publisher.publish()
    #expect(try backend.expectCounter("swiftlet_messages_received_total").totalValue == 9)
    let dimensions = [("route", "/echo")]
    #expect(try backend.expectCounter("swiftlet_service_seconds_count", dimensions).totalValue == 9)
  }
}

private final class Count: Sendable {
  let value = Locked(0)
}

private final class Echo: MessageHandler {
  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    connection.send(message, kind: kind)
  }
}
