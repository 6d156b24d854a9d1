// SPDX-License-Identifier: Apache-2.0

/// The messages of one connection that wait for their replies, by their place in its sequence.
struct InFlight: ~Copyable {
  struct Message {
    /// Nanoseconds on the monotonic clock.
    var scheduled: UInt64
    var sent: UInt64
    /// Receivers it has not reached.
    var left: Int32
    var isAnswered = false
  }

  enum Reply {
    /// Its turn, or before its turn: an earlier message still waits.
    case answers(Message)
    /// A later message was answered before.
    case overtaken(Message)
    case duplicate
    /// Never sent.
    case unknown
  }

  /// A ring; its size is a power of two.
  private var ring: UnsafeMutableBufferPointer<Message>
  private(set) var oldest: UInt64 = 0
  /// The place of the message to be sent next.
  private(set) var next: UInt64 = 0
  /// Behind the last that was answered.
  private var answered: UInt64 = 0
  /// Sent and not answered.
  private(set) var count = 0
  /// Replies while it was measured.
  var answers = 0

  init(room: Int) {
    ring = .allocate(capacity: max(16, room.nextPowerOfTwo))
  }

  deinit { ring.deallocate() }

  @inline(__always)
  mutating func add(scheduled: UInt64, sent: UInt64, receivers: Int32 = 1) {
    if next - oldest == UInt64(ring.count) { grow() }
    ring.initializeElement(
      at: place(of: next), to: Message(scheduled: scheduled, sent: sent, left: receivers))
    next += 1
    count += 1
  }

  @inline(__always)
  mutating func answer(_ sequence: UInt64) -> Reply {
    guard sequence < next else { return .unknown }
    guard sequence >= oldest else { return .duplicate }
    let message = ring[place(of: sequence)]
    if message.isAnswered { return .duplicate }
    ring[place(of: sequence)].isAnswered = true
    count -= 1
    while oldest < next && ring[place(of: oldest)].isAnswered { oldest += 1 }
    if sequence < answered { return .overtaken(message) }
    answered = sequence + 1
    return .answers(message)
  }

  /// A message has reached one receiver more: which, and whether that was the last. nil when it had reached all
  /// before, or was never sent.
  @inline(__always)
  mutating func deliver(_ sequence: UInt64) -> (message: Message, isLast: Bool)? {
    guard sequence >= oldest, sequence < next, !ring[place(of: sequence)].isAnswered else {
      return nil
    }
    ring[place(of: sequence)].left -= 1
    let message = ring[place(of: sequence)]
    return (message, message.left == 0)
  }

  /// Deliveries that are still to come.
  var owed: Int {
    (oldest..<next).reduce(0) { sum, sequence in
      let message = ring[place(of: sequence)]
      return message.isAnswered ? sum : sum + Int(message.left)
    }
  }

  @inline(__always)
  private func place(of sequence: UInt64) -> Int { Int(sequence & UInt64(ring.count - 1)) }

  private mutating func grow() {
    let larger = UnsafeMutableBufferPointer<Message>.allocate(capacity: 2 * ring.count)
    for sequence in oldest..<next {
      larger.initializeElement(
        at: Int(sequence & UInt64(larger.count - 1)), to: ring[place(of: sequence)])
    }
    ring.deallocate()
    ring = larger
  }
}

extension Int {
  fileprivate var nextPowerOfTwo: Int {
    self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
