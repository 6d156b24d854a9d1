// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ServiceLifecycle
import SwiftletCore
public import SwiftletServer
import Synchronization

/// Images in, statistics out: `ws /stats` and `GET /stats/results`.
///
/// Run it beside the server, and shut it down after it, so that every image acknowledged before the
/// last connection closed is recorded.
public final class ImageStatisticsService: Service {
  private let recorder: Recorder
  private let file: Mutex<ResultFile?>
  private let maxMessageSize: Int

  /// - Parameters:
  ///   - record: A file to append the results of acknowledged images to, as JSON lines.
  ///   - maxMessageSize: That of the server: a shape that cannot arrive is refused.
  public init(
    record: String?, maxMessageSize: Int, logger: Logger = Logger(label: "swiftlet")
  ) throws(RecordError) {
    var opened: ResultFile? = nil
    if let record { opened = try ResultFile(path: record) }
    recorder = Recorder(firstID: (opened?.lastID() ?? 0) + 1, logger: logger)
    file = Mutex(opened.take())
    self.maxMessageSize = maxMessageSize
  }

  /// Adds the service's routes and metrics.
  public func register(
    in routes: inout Routes, compression: Compression = .off, metrics: Metrics
  ) {
    let recorder = recorder
    let maxMessageSize = maxMessageSize
    routes.webSocket("/stats", compression: compression) { request throws(Refusal) in
      StatsHandler(try StatsOptions(request, maxMessageSize: maxMessageSize), recorder)
    }
    routes.get("/stats/results") { request throws(Refusal) in
      try ResultsPage(request).response(from: recorder)
    }
    metrics.add { recorder.metrics() }
  }

  /// Records until the graceful shutdown, and then what is still queued.
  /// - Throws: ``RecordError`` when results could not be written at the end.
  public func run() async throws {
    let file = file.withLock { $0.take() }
    let box = FileBox(file)
    let error = await withGracefulShutdownHandler {
      await withCheckedContinuation { (done: CheckedContinuation<RecordError?, Never>) in
        startThread("swiftlet-record") { [recorder] in
          done.resume(returning: recorder.run(box.take()))
        }
      }
    } onGracefulShutdown: {
      self.recorder.close()
    }
    if let error { throw error }
  }

  /// Carries the file to the recording thread.
  private final class FileBox: Sendable {
    private let file: Mutex<ResultFile?>
    init(_ file: consuming sending ResultFile?) { self.file = Mutex(file) }
    func take() -> ResultFile? { file.withLock { $0.take() } }
  }
}

/// The query and answer of `GET /stats/results`.
struct ResultsPage {
  /// Rows in one answer; the next page begins after its last id.
  static let rows = 10000

  private var after: UInt64 = 0
  private var isCSV = false

  init(_ request: Request) throws(Refusal) {
    for (name, value) in request.query {
      switch (name, value) {
      case ("after", _):
        guard let id = UInt64(value) else {
          throw Refusal(.badRequest, "The parameter after is the id of a result, a whole number.")
        }
        after = id
      case ("format", "jsonl"): isCSV = false
      case ("format", "csv"): isCSV = true
      default:
        throw Refusal(.badRequest, "The parameters are after=ID and format=jsonl or format=csv.")
      }
    }
  }

  func response(from recorder: Recorder) -> Response {
    let results = recorder.results(after: after, limit: ResultsPage.rows)
    let capacity = (results.count + 1) * ByteWriter.resultCapacity
    let body = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
      if isCSV { writer.text(ByteWriter.csvHead) }
      for result in results {
        if isCSV { writer.csvLine(result) } else { writer.jsonLine(result) }
      }
      count = writer.count
    }
    return Response(contentType: isCSV ? "text/csv" : "application/x-ndjson", body: body)
  }
}
