// SPDX-License-Identifier: Apache-2.0

import Logging
import SwiftletServer
import SwiftletTestSupport
import Testing

@testable import SwiftletImages

/// The routes as clients see them, with the recorder running beside the server.
@Suite(.blocking) struct ServiceTests {
  private let folder = try! Folder()

  private func serve(
    record: String? = nil, _ body: @escaping @Sendable (RunningServer) throws -> Void
  ) async throws {
    let service = try ImageStatisticsService(
      record: record, maxMessageSize: 16 << 20, logger: quiet)
    var routes = Routes()
    let metrics = Metrics()
    service.register(in: &routes, metrics: metrics)
    try await withServer(routes, metrics: metrics, beside: service, body)
  }

  private func get(_ server: RunningServer, _ target: String) throws -> String {
    let peer = try Peer(port: server.port)
    try peer.write("GET \(target) HTTP/1.0\r\n\r\n")
    return String(decoding: try peer.readToEnd(), as: UTF8.self)
  }

  @Test func imageIsAnsweredWithItsStatistics() async throws {
    try await serve { server in
      let peer = try server.open("/stats?shape=2x3")
      try peer.send([1, 2, 3, 4, 5, 9])
      #expect(try peer.receiveText() == "Received: 6, (2, 3), 9, 1, 4.0, 3.5")
      #expect(server.metric("images_total{mode=\"wait\"}") == 1)
    }
  }

  @Test func largeImageIsAnsweredToo() async throws {
    try await serve { server in
      let peer = try server.open("/stats?reply=json")
      try peer.send([UInt8](repeating: 7, count: 999_999) + [9])
      #expect(
        try peer.receiveText()
          == #"{"bytes":1000000,"shape":[1000000],"min":7,"max":9,"mean":7.000002,"median":7.0}"#)
    }
  }

  @Test func whatIsNoImageIsAnErrorAndTheConnectionLives() async throws {
    try await serve { server in
      let peer = try server.open("/stats?shape=2x3")
      try peer.send("text")
      #expect(try peer.receiveText() == "Error: an image is sent as a binary message")
      try peer.send([1])
      #expect(
        try peer.receiveText() == "Error: the message has 1 bytes, but a 2x3 image in u8 has 6")
      try peer.send([1, 1, 1, 1, 1, 1])
      #expect(try peer.receiveText() == "Received: 6, (2, 3), 1, 1, 1.0, 1.0")
      let packed = try server.open("/stats?reply=msgpack&mode=ack")
      try packed.send([])
      let frame = try packed.receive()
      #expect(frame.opcode == 0x2 && frame.payload.starts(with: [0x81, 0xa5]))
    }
  }

  @Test func badQueryIsRefusedBeforeTheUpgrade() async throws {
    try await serve { server in
      let peer = try Peer(port: server.port)
      #expect(try peer.upgrade("/stats?mode=later").hasPrefix("HTTP/1.1 400 "))
    }
  }

  @Test func acknowledgedImagesAreRecordedAndOnFileWhenTheServiceEnds() async throws {
    let file = folder.file
    for round in 0..<2 {
      try await serve(record: file) { server in
        let peer = try server.open("/stats?mode=ack&reply=json")
        for index in 1...50 {
          try peer.send([UInt8(index), 0])
          let id = index + 50 * round
          #expect(try peer.receiveText() == #"{"bytes":2,"id":\#(id)}"#)
        }
        while server.metric("images_total{mode=\"ack\"}") != 50 {}
        let first = 50 * round
        let answer = try get(server, "/stats/results?after=\(first + 48)")
        #expect(answer.contains("\r\nContent-Type: application/x-ndjson\r\n"))
        let lines = answer.split(separator: "\r\n\r\n")[1].split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("{\"id\":\(first + 49),"))
        let table = try get(server, "/stats/results?format=csv&after=\(first + 49)")
        #expect(
          table.contains("\r\n\r\nid,time,bytes,shape,min,max,mean,median,stddev,compute_ns\n"))
        #expect(table.split(separator: "\n").last?.contains(",2,2,0,50,25.0,25.0,25.0,") == true)
      }
    }
    let ids = try folder.text.split(separator: "\n").map { $0.prefix { $0 != "," } }
    #expect(ids == (1...100).map { "{\"id\":\($0)" })
  }

  @Test(arguments: [
    ("after=x", "The parameter after is the id of a result, a whole number.\n"),
    ("after=-1", "The parameter after is the id of a result, a whole number.\n"),
    ("format=xml", "The parameters are after=ID and format=jsonl or format=csv.\n"),
    ("a=1", "The parameters are after=ID and format=jsonl or format=csv.\n"),
  ])
  func badResultsQueryIsRefused(query: String, sentence: String) async throws {
    try await serve { server in
      let answer = try get(server, "/stats/results?" + query)
      #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.hasSuffix("\r\n\r\n" + sentence))
    }
  }

  @Test func recordFileThatCannotBeOpenedIsAnErrorAtTheStart() {
    #expect(throws: RecordError.self) {
      _ = try ImageStatisticsService(record: "/none/results", maxMessageSize: 1, logger: quiet)
    }
  }
}
