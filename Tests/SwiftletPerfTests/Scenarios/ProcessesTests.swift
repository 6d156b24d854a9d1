// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Histogram
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletPerf

/// What several processes of a scenario tell one another, and what is told of others. The processes themselves are
/// tested from outside.
@Suite(.blocking) struct ProcessesTests {
  private func sent<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
  }

  @Test func histogramsLoseNothing() throws {
    var times = Latencies()
    var random = SplitMix64(seed: 1)
    for _ in 0..<10_000 { times.note(random.next() >> (random.next() % 60)) }
    let copy = try sent(LosslessTimes(times)).histogram
    #expect(copy.totalCount == times.totalCount)
    for percentile in stride(from: 0, through: 100, by: 0.1) {
      #expect(copy.valueAtPercentile(percentile) == times.valueAtPercentile(percentile))
    }
  }

  @Test func outcomesLoseNothing() async throws {
    var routes = Routes()
    routes.webSocket("/") { _ in FaultyEcho(.duplicates) }
    var outcome = try await withServer(routes) { server in
      try await LoadPlan(
        url: "ws://127.0.0.1:\(server.port)/", connections: 3, threads: 2,
        arrivals: .open(rate: 2000, .poisson), depth: 4, format: .text, size: 40,
        duration: .milliseconds(300), warmUpLimit: .milliseconds(100),
        patience: .milliseconds(300), seed: 1, trust: .authorities(file: "a.pem")
      ).run()
    }
    outcome.phases.tls.note(1)
    let plan = try sent(LoadShare(plan: outcome.plan)).plan
    #expect(plan.trust == .authorities(file: "a.pem"))
    let copy = try sent(LoadShare.Outcome(outcome)).outcome(of: plan)
    // All that is made of one is the same.
    var (first, second) = (Run("x", outcome), Run("x", copy))
    // But for the range of a second's histogram, which grows with what is in it.
    for index in first.seconds.indices {
      first.seconds[index].hdr = nil
      second.seconds[index].hdr = nil
    }
    #expect(try first.jsonText == second.jsonText)
    #expect(first.faults?.duplicated ?? 0 > 0)
  }

  @Test func listenersAreFoundInTheKernelsTable() {
    let table = """
        sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
         0: 0100007F:2329 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
         1: 0100007F:2329 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
         2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
         3: 00000000000000000000000000000000:2329 00000000000000000000000000000000:0000 0A 0:0 0:0 0     0        0 4714 1
      """
    #expect(LocalServer.listeners(in: table, port: 9001) == ["4711", "4714"])
    #expect(LocalServer.listeners(in: table, port: 81).isEmpty)
  }

  @Test func thisProcessIsFound() async throws {
    var routes = Routes()
    routes.webSocket("/") { _ in FaultyEcho(.none) }
    let found = try await withServer(routes) { server in
      LocalServer.processes(listeningOn: server.port)
    }
    try #require(found == [Int(getpid())])
    let memory = try #require(ProcessMemory(of: found[0]))
    #expect(memory.resident > 1 << 20 && memory.peak >= memory.resident)
    #expect(ProcessMemory(of: 1 << 30) == nil)
  }
}
