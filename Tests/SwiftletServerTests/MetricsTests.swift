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
      (1010, "other"), (1013, "other"), (3000, "other"), (4999, "other"), (0, "other"),
    ] as [(UInt16, String)])
  func closesAreCountedByCode(code: UInt16, label: String) {
    let closes = ClosesByCode()
    closes.count(code)
    for other in ClosesByCode.Label.allCases {
      #expect(closes[other] == (other.text == label ? 1 : 0))
    }
  }

  @Test func textIsWellFormed() async throws {
    let metrics = Metrics()
    metrics.add { "# HELP more Of another service.\n# TYPE more gauge\nmore 7\n" }
    #expect(!metrics.isReady)
    try await withServer(routes, metrics: metrics) { server in
      #expect(metrics.isReady)
      let lines = metrics.text().split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.last == "", "the last line ends")
      var described: Set<Substring> = []
      var typed: Set<Substring> = []
      for line in lines.dropLast() {
        let words = line.split(separator: " ")
        if line.hasPrefix("# HELP ") {
          #expect(described.insert(words[2]).inserted, "\(words[2]) is described twice")
        } else if line.hasPrefix("# TYPE ") {
          typed.insert(words[2])
          #expect(words[3] == (words[2].hasSuffix("_total") ? "counter" : "gauge"))
        } else {
          let name = words[0].prefix { $0 != "{" }
          #expect(described.contains(name) && typed.contains(name) && UInt64(words[1]) != nil)
        }
      }
      #expect(described.contains("more"))
    }
    #expect(!metrics.isReady, "not after the shutdown")
  }

  @Test func admissionHoldsItsLimit() {
    let admission = Admission()
    #expect(admission.enter(limit: 2) && admission.enter(limit: 2))
    #expect(!admission.enter(limit: 2))
    admission.leave()
    #expect(admission.enter(limit: 2))
    #expect(!admission.enter(limit: 0))
  }
}
