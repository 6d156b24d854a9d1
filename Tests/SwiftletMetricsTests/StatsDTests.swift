// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Glibc
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletMetrics

@Suite(.blocking) struct StatsDTests {
  @Test func linesShareDatagramsUpToTheLimit() {
    var batch = StatsDBatch()
    var datagrams: [[UInt8]] = []
    let lines = (0..<500).map { "swiftlet_metric_\($0):\($0)|c|#route:/echo" }
    for line in lines {
      if let full = batch.append(line) { datagrams.append(full) }
    }
    datagrams.append(batch.take())
    #expect(datagrams.allSatisfy { 1...StatsDBatch.limit ~= $0.count })
    // None had room for the line behind it.
    for (one, next) in zip(datagrams, datagrams.dropFirst()) {
      let line = next.prefix { $0 != UInt8(ascii: "\n") }
      #expect(one.count + 1 + line.count > StatsDBatch.limit)
    }
    let all = datagrams.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    #expect(all == lines.joined(separator: "\n"))
  }

  @Test func aLineFillsADatagramOrIsLeftOut() {
    var batch = StatsDBatch()
    #expect(batch.append(String(repeating: "a", count: StatsDBatch.limit + 1)) == nil)
    #expect(batch.take().isEmpty)
    #expect(batch.append(String(repeating: "a", count: StatsDBatch.limit)) == nil)
    #expect(batch.append("b")?.count == StatsDBatch.limit)
    #expect(batch.take() == [UInt8(ascii: "b")])
  }

  @Test func namesAndTagsCannotEndEarly() {
    let name = StatsDName("a:b|c\n", tags: [("t|", "x,y:z#\n")])
    #expect(name.line(1.5, "g") == "a_b_c_:1.5|g|#t_:x_y:z__")
  }

  @Test func instrumentsSendWhatChanged() throws {
    let agent = try Agent()
    let factory = StatsDFactory(
      client: try StatsDClient(host: "127.0.0.1", port: agent.port))
    let counter = Counter(label: "jobs", dimensions: [("kind", "a")], factory: factory)
    counter.increment(by: 2)
    counter.increment(by: 3)
    Gauge(label: "depth", factory: factory).record(-1)
    Timer(label: "work", factory: factory).recordNanoseconds(1_500_000)
    Recorder(label: "size", factory: factory).record(10)
    factory.flush()
    #expect(
      try agent.receive() == [
        "depth:0|g", "depth:-1|g", "jobs:5|c|#kind:a", "size:10|h", "work:1.5|ms",
      ])
    factory.flush()
    #expect(try agent.receive() == ["depth:0|g", "depth:-1|g"])
  }

  @Test func manyValuesAreSampled() {
    var samples = StatsDSamples()
    for _ in 0..<(4 * StatsDSamples.limit) { samples.note(1) }
    let lines = samples.takeLines(StatsDName("a", tags: []), "h")
    #expect(lines.count == StatsDSamples.limit)
    #expect(lines.allSatisfy { $0 == "a:1|h|@0.25" })
    #expect(samples.takeLines(StatsDName("a", tags: []), "h").isEmpty)
  }

  @Test func nobodyListensAndNothingWaits() throws {
    let port = try Agent().port
    let client = try StatsDClient(host: "127.0.0.1", port: port)
    for _ in 0..<100 { client.send(["a:1|c"]) }
    #expect(client.datagramsLost > 0)
  }

  @Test func unknownHostsAreASentence() {
    #expect(throws: StatsDError.self) { try StatsDClient(host: "no such host", port: 1) }
  }
}

/// Receives what is sent to a free port.
private final class Agent {
  let socket: Int32
  let port: UInt16

  init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    try #require(isBound)
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(socket) }

  /// The lines of the next datagram.
  func receive() throws -> [String] {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = recv(socket, &bytes, bytes.count, 0)
    try #require(count > 0)
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
