// SPDX-License-Identifier: Apache-2.0

import SwiftletTestSupport
import Testing

@testable import SwiftletServer

@Suite(.blocking) struct MetricsTests {
  private var routes: Routes {
    var routes = Routes()
    routes.webSocket("/echo") { _ in echoing() }
    routes.get("/hello") { _ in Response(.ok, "hello") }
    return routes
  }

  @Test func loopsAreSummed() async throws {
    var configuration = ServerConfiguration.testing
    configuration.loops = 3
    try await withServer(routes, configuration) { server in
      var sent: UInt64 = 0
      var received: UInt64 = 0
      for index in 0..<30 {
        let peer = try Peer(port: server.port)
        let handshake = Array(Peer.handshake("/echo").utf8)
        try peer.write(handshake)
        sent += UInt64(try peer.readHead().utf8.count + 4)
        try peer.send(pattern(index))
        _ = try peer.receive()
        try peer.sendClose(1000)
        _ = try peer.readToEnd()
        received += UInt64(handshake.count + 6 + index + 8)
        sent += UInt64(2 + index + 4)
      }
      while server.metric("connections") != 0 {}
      #expect(server.metric("connections_accepted_total") == 30)
      #expect(server.metric("handshakes_total") == 30)
      #expect(server.metric("websockets") == 0)
      #expect(server.metric("messages_received_total") == 30)
      #expect(server.metric("messages_sent_total") == 30)
      #expect(server.metric("received_bytes_total") == received)
      #expect(server.metric("sent_bytes_total") == sent)
      #expect(server.metric("websocket_closes_total{code=\"1000\"}") == 30)
      #expect(server.metric("protocol_errors_total") == 0)
    }
  }

  @Test(
    arguments: [
      (1000, "1000"), (1001, "1001"), (1002, "1002"), (1003, "1003"), (1005, "1005"),
      (1006, "1006"),
      (1007, "1007"), (1008, "1008"), (1009, "1009"), (1011, "1011"), (1004, "other"),
      (1010, "other"), (1013, "1013"), (3000, "other"), (4999, "other"), (0, "other"),
    ] as [(UInt16, String)])
  func closesAreCountedByCode(code: UInt16, label: String) {
    let closes = ClosesByCode()
    closes.count(code)
    for other in ClosesByCode.Label.allCases {
      #expect(closes[other] == (other.text == label ? 1 : 0))
    }
  }

  @Test func aServerIsReadyWhileItServes() async throws {
    let metrics = Metrics()
    metrics.add { [MetricFamily(.gauge, "more", "Of another service.", 7)] }
    #expect(!metrics.isReady)
    try await withServer(routes, metrics: metrics) { server in
      #expect(metrics.isReady)
      #expect(metrics.text().contains("\nmore 7\n"))
    }
    #expect(!metrics.isReady, "not after the shutdown")
  }

  @Test func serviceTimesAreCountedByRoute() async throws {
    try await withServer(routes) { server in
      let peer = try server.open("/echo")
      for index in 0..<5 {
        try peer.send(pattern(index))
        _ = try peer.receive()
      }
      // Its last reply is written before it is counted.
      while server.metric("service_seconds_count{route=\"/echo\"}") != 5 {}
      #expect(server.metric("service_seconds_count{route=\"/hello\"}") == 0)
    }
  }

  @Test func timesFallIntoTheBucketThatTheyBound() {
    for (index, bound) in ServiceTimes.bounds.enumerated() {
      let nanoseconds = UInt64(bound * 1e9)
      #expect(ServiceTimes.bucket(of: nanoseconds) == index)
      #expect(ServiceTimes.bucket(of: nanoseconds + 1) == index + 1)
    }
    #expect(ServiceTimes.bucket(of: 0) == 0)
    #expect(ServiceTimes.bucket(of: .max) == ServiceTimes.bounds.count)
  }
}
