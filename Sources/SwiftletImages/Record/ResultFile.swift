// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why a record file cannot be used, as a sentence for people.
public struct RecordError: Error, CustomStringConvertible {
  public let description: String

  init(_ path: String, _ action: String, _ error: Int32) {
    description =
      "cannot \(action) the record file \"\(path)\": \(String(cString: strerror(error)))"
  }
}

/// Appends results to a JSONL file, gathered into writes of many lines.
struct ResultFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
  private var count = 0

  init(path: String) throws(RecordError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw RecordError(path, "open", errno) }
    // A line cut by a crash must not run into the next one.
    if let last = tail(1).last, last != UInt8(ascii: "\n") {
      buffer[0] = UInt8(ascii: "\n")
      count = 1
    }
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// The id in the file's last whole line, so that ids go on rising after a restart.
  func lastID() -> UInt64? {
    // Behind the last line feed there is nothing, or a line that was cut, and perhaps within its id.
    let lines = tail(4096).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    let head = Array("{\"id\":".utf8)
    guard let line = lines.last(where: { $0.starts(with: head) }) else { return nil }
    let digits = line.dropFirst(head.count).prefix { $0 != UInt8(ascii: ",") }
    return UInt64(String(decoding: digits, as: UTF8.self))
  }

  /// The last bytes of the file, at most `length`; none of a pipe or device.
  private func tail(_ length: Int) -> [UInt8] {
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let length = min(size, length)
    guard length > 0 else { return [] }
    var tail = [UInt8](repeating: 0, count: length)
    return pread(descriptor, &tail, length, off_t(size - length)) == length ? tail : []
  }

  /// Whether a result may be appended without a ``flush()`` first.
  var hasRoom: Bool { buffer.count - count >= ByteWriter.resultCapacity }

  mutating func append(_ result: ImageResult) {
    var writer = ByteWriter(UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
    writer.jsonLine(result)
    count += writer.count
  }

  /// Hands what was gathered to the system. What was not taken stays, so that it can be tried again.
  mutating func flush() throws(RecordError) {
    var done = 0
    while done < count {
      let written = write(descriptor, buffer.baseAddress! + done, count - done)
      if written < 0 {
        if errno == EINTR { continue }
        let error = errno
        memmove(buffer.baseAddress!, buffer.baseAddress! + done, count - done)
        count -= done
        throw RecordError(path, "write to", error)
      }
      done += written
    }
    count = 0
  }
}
