// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// A file of single messages, written while they are sent: JSON or comma-separated values, a line each, with times
/// in seconds: `time` (when it was due, since the measured time began), `send` (until it was sent), `recv` (from then
/// until its reply), `total` (both), and `idx` (its place among the replies).
///
/// Load threads leave what they saw in rings, which a task empties into the file. A ring that is full takes no more:
/// these messages are counted.
package final class MessageLog: Sendable {
  package enum Format: Sendable { case jsonLines, csv }

  private let file: Int32
  private let format: Format
  private let rings = Mutex<[MessageRing]>([])
  /// Monotonic nanoseconds; 0 until the measured time begins.
  private let origin = Atomic<UInt64>(0)
  private let isOver = Atomic(false)
  private let writing = Mutex<Task<Int32, Never>?>(nil)

  private static let pause = Duration.milliseconds(2)

  /// Makes the file, or replaces it.
  /// - Throws: Why that cannot be done, as `errno` has it.
  package init(path: String, _ format: Format) throws {
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw MessageLogError(status: errno) }
    self.format = format
    writing.withLock { $0 = Task.detached { [self] in await write() } }
  }

  deinit { close(file) }

  /// For one thread.
  func ring() -> MessageRing {
    let ring = MessageRing()
    rings.withLock { $0.append(ring) }
    return ring
  }

  func begin(at nanoseconds: UInt64) { origin.store(nanoseconds, ordering: .releasing) }

  /// Waits until all is written that was left by now. How many messages were not, as the file took them too
  /// slowly.
  package func finish() async throws -> Int {
    isOver.store(true, ordering: .releasing)
    let status = await writing.withLock { $0 }?.value ?? 0
    guard status == 0 else { throw MessageLogError(status: status) }
    return rings.withLock { $0.reduce(0) { $0 + $1.missed.load(ordering: .relaxed) } }
  }

  /// `errno` of what failed, or 0.
  private func write() async -> Int32 {
    var lines = MessageLines(format)
    var status = flush(&lines)
    while true {
      // Looked at before the rings: what was left before is in them.
      let isLast = isOver.load(ordering: .acquiring)
      let origin = origin.load(ordering: .acquiring)
      var count = 0
      for ring in rings.withLock({ $0 }) where origin > 0 {
        count += ring.drain {
          lines.add($0, origin)
          if lines.text.count > 1 << 16, status == 0 { status = flush(&lines) }
        }
      }
      if status == 0 { status = flush(&lines) }
      if isLast { return status }
      if count == 0 { try? await Task.sleep(for: Self.pause) }
    }
  }

  private func flush(_ lines: inout MessageLines) -> Int32 {
    defer { lines.text.removeAll(keepingCapacity: true) }
    var rest = lines.text[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return errno }
      rest = rest.dropFirst(max(0, count))
    }
    return 0
  }
}

package struct MessageLogError: Error, CustomStringConvertible {
  let status: Int32

  package var description: String { String(cString: strerror(status)) }
}

/// What a load thread saw, on its way to the file: one thread writes, one reads.
final class MessageRing: @unchecked Sendable {
  struct Entry {
    var scheduled: UInt64
    var sent: UInt64
    var replied: UInt64
  }

  private static let size = 1 << 16
  private let entries = UnsafeMutablePointer<Entry>.allocate(capacity: size)
  private let written = Atomic(0)
  private let read = Atomic(0)
  let missed = Atomic(0)

  deinit { entries.deallocate() }

  func note(_ entry: Entry) {
    let place = written.load(ordering: .relaxed)
    guard place - read.load(ordering: .acquiring) < Self.size else { return missed.increment() }
    entries[place & (Self.size - 1)] = entry
    written.store(place + 1, ordering: .releasing)
  }

  /// Takes all that there is; how many that was.
  func drain(_ body: (Entry) -> Void) -> Int {
    let begin = read.load(ordering: .relaxed)
    let end = written.load(ordering: .acquiring)
    for place in begin..<end { body(entries[place & (Self.size - 1)]) }
    read.store(end, ordering: .releasing)
    return end - begin
  }
}

/// Lines of a log. Written digit by digit, since a load may bring a million a second.
package struct MessageLines {
  package var text: [UInt8] = []
  private let format: MessageLog.Format
  private var idx = 0

  package init(_ format: MessageLog.Format) {
    self.format = format
    if format == .csv { text += "time,send,recv,total,idx\n".utf8 }
  }

  mutating func add(_ entry: MessageRing.Entry, _ origin: UInt64) {
    let times = [
      Int64(entry.scheduled) - Int64(origin), Int64(entry.sent) - Int64(entry.scheduled),
      Int64(entry.replied) - Int64(entry.sent), Int64(entry.replied) - Int64(entry.scheduled),
    ]
    add(times, idx)
    idx += 1
  }

  package mutating func add(_ message: Run.MessageTimes) {
    let seconds = [message.time, message.send, message.recv, message.total]
    add(seconds.map { Int64(($0 * 1e9).rounded()) }, message.idx)
  }

  private static let jsonNames = ["{\"time\":", ",\"send\":", ",\"recv\":", ",\"total\":"]
    .map { Array($0.utf8) }

  /// Of nanoseconds.
  private mutating func add(_ times: [Int64], _ idx: Int) {
    for (place, time) in times.enumerated() {
      if format == .jsonLines { text += Self.jsonNames[place] }
      add(seconds: time)
      if format == .csv { text.append(UInt8(ascii: ",")) }
    }
    if format == .jsonLines { text += ",\"idx\":".utf8 }
    text += "\(idx)".utf8
    if format == .jsonLines { text.append(UInt8(ascii: "}")) }
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func add(seconds nanoseconds: Int64) {
    if nanoseconds < 0 { text.append(UInt8(ascii: "-")) }
    let (whole, fraction) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    text += "\(whole)".utf8
    text.append(UInt8(ascii: "."))
    var unit: UInt64 = 100_000_000
    while unit > 0 {
      text.append(UInt8(ascii: "0") + UInt8(fraction / unit % 10))
      unit /= 10
    }
  }
}
