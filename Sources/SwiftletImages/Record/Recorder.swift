// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import SwiftletCore
import SwiftletServer
import Synchronization

/// Computes and keeps the statistics of acknowledged images, on one thread of its own, in the order
/// in which they came.
final class Recorder: Sendable {
  /// Results kept for `GET /stats/results`; older ones are only in the record file.
  static let kept = 65536
  private static let retryInterval: UInt32 = 1

  let computed = Tally()
  private let recorded = Tally()
  private let queue: JobQueue
  private let results: Mutex<Results>
  private let isClosing = Atomic(false)
  private let logger: Logger

  private struct Results {
    var ring: [ImageResult] = []
    /// Index of the oldest once the ring is full.
    var oldest = 0
  }

  init(firstID: UInt64, logger: Logger) {
    queue = JobQueue(firstID: firstID)
    results = Mutex(Results())
    self.logger = logger
  }

  /// Takes an image to be computed; its result will have the id returned.
  func submit(
    _ message: consuming KeptMessage, layout: ImageLayout, options: StatsOptions,
    from connection: borrowing Connection
  ) -> UInt64 {
    queue.push(
      message, time: Recorder.clock(CLOCK_REALTIME), layout: layout, options: options,
      from: connection)
  }

  /// Results with an id above `id`, oldest first, at most `limit`.
  func results(after id: UInt64, limit: Int) -> [ImageResult] {
    results.withLock { results in
      let count = results.ring.count
      func at(_ index: Int) -> ImageResult { results.ring[(results.oldest + index) % count] }
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        if at(middle).id > id { high = middle } else { low = middle + 1 }
      }
      return (low..<min(count, low + limit)).map(at)
    }
  }

  /// Works until ``close()`` and the queue is empty. Returns why results could not be written, if so.
  func run(_ file: consuming ResultFile?) -> RecordError? {
    var file = file
    while true {
      var next = queue.pop(waiting: false)
      if next == nil {
        // Nothing to do for now: a good time to let the lines out.
        if let error = flush(&file) { return error }
        next = queue.pop(waiting: true)
      }
      guard let job = next else { return nil }
      guard let result = compute(job) else { continue }
      keep(result)
      if file?.hasRoom == false, let error = flush(&file) { return error }
      file?.append(result)
      recorded.add(bytes: result.bytes)
    }
  }

  func close() {
    isClosing.store(true, ordering: .relaxed)
    queue.close()
  }

  private func compute(_ job: borrowing Job) -> ImageResult? {
    let start = Recorder.clock(CLOCK_MONOTONIC)
    do throws(CoreError) {
      let layout = job.layout
      let method = job.options.method
      let statistics = try job.message.withBytes { bytes throws(CoreError) in
        try ImageStatistics.compute(of: bytes, layout: layout, method: method, want: .all)
      }
      return ImageResult(
        id: job.id, time: job.time, bytes: job.message.byteCount, shape: job.options.shape,
        format: layout.format, statistics: statistics,
        nanoseconds: Recorder.clock(CLOCK_MONOTONIC) - start)
    } catch {
      // The layout was checked before the acknowledgement: only memory can be short.
      logger.error("image \(job.id) has no statistics: \(error)")
      return nil
    }
  }

  private func keep(_ result: ImageResult) {
    results.withLock { results in
      if results.ring.count < Recorder.kept {
        results.ring.append(result)
      } else {
        results.ring[results.oldest] = result
        results.oldest = (results.oldest + 1) % Recorder.kept
      }
    }
  }

  /// Writes the lines out. A full disk is waited for, and with it, once the queue is full, the
  /// clients; at shutdown there is one try.
  private func flush(_ file: inout ResultFile?) -> RecordError? {
    while true {
      do throws(RecordError) {
        try file?.flush()
        return nil
      } catch {
        if isClosing.load(ordering: .relaxed) { return error }
        logger.error("\(error); trying again every second")
        sleep(Recorder.retryInterval)
      }
    }
  }

  private static func clock(_ id: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(id, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  func metrics() -> [MetricFamily] {
    [
      MetricFamily(
        .counter, "swiftlet_images_total",
        "Images whose statistics were answered (wait) or recorded (ack).", by: "mode",
        [("wait", Double(computed.count)), ("ack", Double(recorded.count))]),
      MetricFamily(
        .counter, "swiftlet_image_bytes_total", "Bytes of those images.", by: "mode",
        [("wait", Double(computed.bytes)), ("ack", Double(recorded.bytes))]),
      MetricFamily(
        .gauge, "swiftlet_record_queue_images",
        "Acknowledged images that wait for their statistics.",
        Double(queue.depth)),
    ]
  }
}

/// Images and bytes counted from several threads.
final class Tally: Sendable {
  private let images = Atomic<Int>(0)
  private let size = Atomic<Int>(0)

  func add(bytes: Int) {
    images.add(1, ordering: .relaxed)
    size.add(bytes, ordering: .relaxed)
  }

  var count: Int { images.load(ordering: .relaxed) }
  var bytes: Int { size.load(ordering: .relaxed) }
}
