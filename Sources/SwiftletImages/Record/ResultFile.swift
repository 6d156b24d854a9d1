// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why a record file cannot be used, as a sentence for people.
public struct RecordError: Error, CustomStringConvertible {
  public let description: String

  init(_ path: String, _ action: String, _ error: Int32) {
    description = "cannot \(action) the record file \"\(path)\": \(String(cString: strerror(error)))"
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
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// The id in the file's last whole line, so that ids go on rising after a restart.
  func lastID() -> UInt64? {
    let size = lseek(descriptor, 0, SEEK_END)
    let length = Int(min(size, 4096))
    var tail = [UInt8](repeating: 0, count: length)
    guard length > 0, pread(descriptor, &tail, length, size - off_t(length)) == length else {
      return nil
    }
    let lines = tail.split(separator: UInt8(ascii: "\n"))
    let head = Array("{\"id\":".utf8)
    guard let line = lines.last(where: { $0.starts(with: head) }) else { return nil }
    return UInt64(String(decoding: line.dropFirst(head.count).prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self))
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
