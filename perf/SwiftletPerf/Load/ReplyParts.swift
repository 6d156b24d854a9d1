// SPDX-License-Identifier: Apache-2.0

/// A reply that comes in parts: compared with what was sent as it comes, without being gathered.
struct ReplyParts: ~Copyable {
  /// The first bytes, until sequence and checksum are whole.
  private var head: UnsafeMutableRawPointer
  /// Of the reply, so far.
  private(set) var count = 0
  private var sequence: UInt64?
  private var isRight = true
  /// When the first part came, on the monotonic clock.
  private(set) var began: UInt64 = 0

  init(for payload: borrowing Payload) {
    head = .allocate(byteCount: payload.layout.headSize, alignment: 8)
  }

  deinit { head.deallocate() }

  mutating func add(
    _ part: UnsafeRawBufferPointer, of payload: borrowing Payload, on connection: UInt32,
    near expected: UInt64, at now: UInt64
  ) {
    guard let start = part.baseAddress, !part.isEmpty else { return }
    if count == 0 { began = now }
    let end = count + part.count
    let headSize = payload.layout.headSize
    if count < headSize {
      let taken = min(part.count, headSize - count)
      (head + count).copyMemory(from: start, byteCount: taken)
      if end >= headSize {
        sequence = payload.sequence(atHead: head, on: connection, near: expected)
      }
    }
    let from = max(count, headSize)
    if end > payload.size {
      isRight = false
    } else if isRight && from < end {
      isRight = payload.isRight(start - count, from, end)
    }
    count = end
  }

  /// The reply is over: its place in the connection's sequence, nil when it is not as it was sent. The next one
  /// may come.
  mutating func end(of payload: borrowing Payload) -> UInt64? {
    let answer = isRight && count == payload.size ? sequence : nil
    count = 0
    sequence = nil
    isRight = true
    return answer
  }
}
