// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletCore
import SwiftletTestSupport
import Testing

@testable import SwiftletImages
@testable import SwiftletServer

/// Hands each message to a queue or recorder, as a `/stats` connection does.
private final class Submitting: MessageHandler {
  private let submit: (consuming KeptMessage, borrowing Connection) -> Void
  init(_ submit: @escaping (consuming KeptMessage, borrowing Connection) -> Void) {
    self.submit = submit
  }
  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    submit(connection.keep(message), connection)
    connection.send("taken")
  }
}

@Suite(.blocking) struct JobQueueTests {
  private func serve(
    _ queue: JobQueue, _ body: @escaping @Sendable (Peer) throws -> Void
  ) async throws {
    var routes = Routes()
    let options = try options("")
    routes.webSocket("/submit") { _ in
      Submitting { message, connection in
        let layout = ImageLayout(rows: 1, columns: message.byteCount)
        _ = queue.push(message, time: 0, layout: layout, options: options, from: connection)
      }
    }
    var configuration = ServerConfiguration.testing
    configuration.maxMessageSize = 128 << 20
    try await withServer(routes, configuration) { server in
      try body(try server.open("/submit"))
    }
  }

  private func images(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { Peer.frame(opcode: 0x2, [UInt8(truncatingIfNeeded: $0)]) }
  }

  @Test func imagesComeOutInTheOrderTheyWentIn() async throws {
    let queue = JobQueue(firstID: 100)
    try await serve(queue) { peer in
      // Three times around the ring, which grows on the way.
      for round in 0..<3 {
        try peer.write(images(200))
        for _ in 0..<200 { _ = try peer.receive() }
        #expect(queue.depth == 200)
        for index in 0..<200 {
          guard let job = queue.pop(waiting: false) else { throw PeerError.ended }
          let id = job.id
          let byte = job.message.withBytes { $0.withUnsafeBytes { $0[0] } }
          #expect(id == UInt64(100 + 200 * round + index) && byte == UInt8(index))
        }
        #expect(queue.pop(waiting: false)?.id == nil)
      }
    }
  }

  @Test func fullQueuePausesItsConnectionUntilHalfOfItIsDone() async throws {
    let queue = JobQueue(firstID: 1)
    try await serve(queue) { peer in
      try peer.write(images(4100))
      for _ in 0..<4096 { _ = try peer.receive() }
      for _ in 0..<2047 { _ = queue.pop(waiting: false) }
      #expect(queue.depth == 2049, "nothing more was read")
      _ = queue.pop(waiting: false)
      for _ in 0..<4 { _ = try peer.receive() }
      #expect(queue.depth == 2052)
    }
  }

  @Test func manyBytesPauseToo() async throws {
    let queue = JobQueue(firstID: 1)
    try await serve(queue) { peer in
      let image = Peer.frame(opcode: 0x2, [UInt8](repeating: 1, count: 33 << 20))
      try peer.write(image + image + Peer.frame(opcode: 0x2, [1]))
      for _ in 0..<2 { _ = try peer.receive() }
      #expect(queue.depth == 2)
      _ = queue.pop(waiting: false)
      #expect(queue.depth == 1, "33 MiB are more than half of what may wait")
      _ = queue.pop(waiting: false)
      _ = try peer.receive()
      #expect(queue.pop(waiting: true)?.id == 3)
    }
  }

  @Test func closedQueueIsEmptiedAndThenEnds() async throws {
    let queue = JobQueue(firstID: 1)
    try await serve(queue) { peer in
      try peer.write(images(2))
      for _ in 0..<2 { _ = try peer.receive() }
      queue.close()
      #expect(queue.pop(waiting: true)?.id == 1)
      #expect(queue.pop(waiting: true)?.id == 2)
      #expect(queue.pop(waiting: true)?.id == nil)
    }
  }

  @Test func waitingPopIsWokenByAnImageAndByTheClose() async throws {
    let queue = JobQueue(firstID: 1)
    let popped = EventLog<UInt64?>()
    startThread("test-pop") {
      while true {
        let id = queue.pop(waiting: true)?.id
        popped.add(id)
        if id == nil { return }
      }
    }
    try await serve(queue) { peer in
      try peer.write(images(1))
      #expect(try popped.wait() == [1])
    }
    queue.close()
    #expect(try popped.wait(for: 2) == [1, nil])
  }

  @Test func imagesLeftInAQueueAreFreedWithIt() async throws {
    let queue = JobQueue(firstID: 1)
    try await serve(queue) { peer in
      try peer.write(images(3))
      for _ in 0..<3 { _ = try peer.receive() }
    }
    #expect(queue.depth == 3)
  }
}

@Suite(.blocking) struct RecorderTests {
  private let folder = try! Folder()

  private func serve(
    _ recorder: Recorder, _ query: String = "", _ body: @escaping @Sendable (Peer) throws -> Void
  ) async throws {
    var routes = Routes()
    let options = try options(query)
    routes.webSocket("/submit") { _ in
      Submitting { message, connection in
        let layout = options.layout(ofMessage: message.byteCount)!
        _ = recorder.submit(message, layout: layout, options: options, from: connection)
      }
    }
    try await withServer(routes) { server in try body(try server.open("/submit")) }
  }

  /// Runs a recorder on a thread, and adds how it ended.
  private func start(_ recorder: Recorder, path: String? = nil) -> EventLog<RecordError?> {
    let ends = EventLog<RecordError?>()
    startThread("test-record") {
      let file: ResultFile?
      if let path { file = try? ResultFile(path: path) } else { file = nil }
      ends.add(recorder.run(file))
    }
    return ends
  }

  private func send(_ count: Int, _ peer: Peer) throws {
    try peer.write(
      (0..<count).flatMap { Peer.frame(opcode: 0x2, [UInt8(truncatingIfNeeded: $0), 0]) })
    for _ in 0..<count { _ = try peer.receive() }
  }

  @Test func imagesAreComputedKeptAndWritten() async throws {
    let recorder = Recorder(firstID: 1, logger: quiet)
    let ends = start(recorder, path: folder.file)
    try await serve(recorder) { peer in try send(300, peer) }
    recorder.close()
    #expect(try ends.wait()[0] == nil)
    let results = recorder.results(after: 0, limit: 1000)
    #expect(results.map(\.id) == Array(1...300))
    #expect(results.map(\.statistics.max) == (0..<300).map { Double($0 % 256) })
    #expect(results.allSatisfy { $0.bytes == 2 && $0.statistics.min == 0 })
    let lines = try folder.text.split(separator: "\n")
    #expect(lines.count == 300 && lines[299].hasPrefix("{\"id\":300,"))
    let text = PrometheusText.render(recorder.metrics())
    #expect(text.contains("swiftlet_images_total{mode=\"ack\"} 300\n"))
    #expect(text.contains("swiftlet_image_bytes_total{mode=\"ack\"} 600\n"))
    #expect(text.contains("swiftlet_record_queue_images 0\n"))
  }

  @Test func resultsAreFoundByID() async throws {
    let recorder = Recorder(firstID: 50, logger: quiet)
    #expect(recorder.results(after: 0, limit: 10).isEmpty)
    let ends = start(recorder)
    try await serve(recorder) { peer in try send(100, peer) }
    recorder.close()
    try ends.wait()
    func ids(_ after: UInt64, _ limit: Int) -> [UInt64] {
      recorder.results(after: after, limit: limit).map(\.id)
    }
    #expect(ids(0, 3) == [50, 51, 52])
    #expect(ids(49, 1) == [50])
    #expect(ids(50, 2) == [51, 52])
    #expect(ids(147, 10) == [148, 149])
    #expect(ids(149, 10) == [] && ids(.max, 10) == [])
    #expect(ids(0, 0) == [])
  }

  @Test func onlyTheLastResultsAreKept() async throws {
    let recorder = Recorder(firstID: 1, logger: quiet)
    let more = 70_000
    let ends = start(recorder)
    try await serve(recorder) { peer in
      for _ in 0..<(more / 1000) { try send(1000, peer) }
    }
    recorder.close()
    try ends.wait()
    let oldest = UInt64(more - Recorder.kept + 1)
    #expect(recorder.results(after: 0, limit: 2).map(\.id) == [oldest, oldest + 1])
    #expect(recorder.results(after: 0, limit: .max).map(\.id) == Array(oldest...UInt64(more)))
    #expect(recorder.results(after: 69_000, limit: 3).map(\.id) == [69_001, 69_002, 69_003])
  }

  @Test func fullDiskIsAnErrorAtTheEndOnly() async throws {
    let recorder = Recorder(firstID: 1, logger: quiet)
    let ends = start(recorder, path: "/dev/full")
    try await serve(recorder) { peer in try send(10, peer) }
    #expect(ends.all.isEmpty)
    recorder.close()
    let error = try ends.wait()[0]
    #expect(
      error?.description == "cannot write to the record file \"/dev/full\": No space left on device"
    )
    #expect(!recorder.results(after: 0, limit: 1).isEmpty)
  }
}
