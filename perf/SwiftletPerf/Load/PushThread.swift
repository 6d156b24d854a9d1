// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
package import SwiftletServer

/// Receives what a server sends by itself: see ``LoadPlan/Pattern/push``. A message's response time is from when the
/// server sent it.
final class PushThread: LoadThread, @unchecked Sendable {
  /// By the place of the connection. Plain memory, as every message looks at it.
  private let receipts: UnsafeMutableBufferPointer<Receipts>

  override init(_ plan: LoadPlan, index: Int) throws {
    receipts = .allocate(capacity: plan.connections)
    receipts.initialize(repeating: Receipts(from: nil))
    try super.init(plan, index: index)
  }

  deinit {
    receipts.deinitialize()
    receipts.deallocate()
  }

  override var senders: [LoadConnection] { [] }

  override func beginCounting() {
    super.beginCounting()
    for index in receipts.indices { receipts[index].forget() }
  }

  override func endCounting() -> Tally {
    var tally = super.endCounting()
    tally.faults.lost += receipts.reduce(0) { $0 + $1.missingCount }
    return tally
  }

  override func received(
    _ message: RawSpan, _ kind: MessageKind, _ connection: LoadConnection,
    _ open: borrowing Connection
  ) {
    guard state == .sending else { return }
    guard kind == .binary, message.byteCount == plan.size else {
      return note { $0.corrupted += 1 }
    }
    let (number, sent) = message.withUnsafeBytes {
      (
        UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)),
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    // A time that is still to come is not of this machine's clock.
    let now = open.arrival
    guard number < 1 << 62, sent <= now else { return note { $0.corrupted += 1 } }
    switch receipts[Int(connection.number) % plan.connections].note(number) {
    case .new: break
    case .late: note { $0.reordered += 1 }
    case .duplicate: return note { $0.duplicated += 1 }
    }
    count(InFlight.Message(scheduled: sent, sent: sent, left: 1), connection.inFlight, now)
  }
}

extension LoadPlan {
  /// Messages that a server sends, so many a second to each connection: it is asked to by the parameters `rate` and
  /// `size` of the URL's query.
  package init(
    pushedBy url: String, rate: Double, connections: Int, threads: Int, size: Int,
    duration: Duration, warmUpLimit: Duration, seed: UInt64, trust: TLSTrust
  ) {
    // A whole number as such, which any server reads.
    let written = Int(exactly: rate).map { "\($0)" } ?? "\(rate)"
    self.init(
      url: url + (url.contains("?") ? "&" : "?") + "rate=\(written)&size=\(size)", pattern: .push,
      connections: connections, threads: threads,
      arrivals: .open(rate: rate * Double(connections * threads), .constant), depth: 1,
      format: .binary, size: size, duration: duration, warmUpLimit: warmUpLimit,
      patience: .seconds(1), seed: seed, trust: trust)
  }
}
