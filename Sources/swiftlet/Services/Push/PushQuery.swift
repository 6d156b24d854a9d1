// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// The query of `/push` and `/poll`, read strictly: what is misspelled is refused, not ignored.
struct PushQuery {
  static let rates = 1...1_000_000

  /// Messages a second.
  private(set) var rate = 100
  /// Bytes a message.
  private(set) var size = 64
  /// The last message a poll has had.
  private(set) var after: UInt64?

  init(_ request: Request, maxSize: Int, isPoll: Bool) throws(Refusal) {
    var seen: Set<String> = []
    for (name, value) in request.query {
      guard seen.insert(name).inserted else {
        throw Refusal(.badRequest, "The parameter \(name) is given twice.")
      }
      switch name {
      case "rate": rate = try PushQuery.number(name, value, in: PushQuery.rates)
      case "size": size = try PushQuery.number(name, value, in: PushMessage.headSize...maxSize)
      case "after" where isPoll:
        guard let number = UInt64(value) else {
          throw Refusal(.badRequest, "The parameter after is the sequence number of a message.")
        }
        after = number
      default:
        throw Refusal(
          .badRequest,
          "There is no parameter of that name; known are \(isPoll ? "after, " : "")rate and size.")
      }
    }
  }

  private static func number(
    _ name: String, _ value: String, in range: ClosedRange<Int>
  ) throws(Refusal) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw Refusal(
        .badRequest,
        "The parameter \(name) is a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }
}

/// What is pushed: the sequence number and when it was due, 8 bytes each (little-endian), and a filler.
struct PushMessage {
  static let headSize = 16

  private(set) var bytes: [UInt8]

  init(size: Int) {
    bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
  }

  mutating func set(sequence: UInt64, time: UInt64) {
    bytes.withUnsafeMutableBytes {
      $0.storeBytes(of: sequence.littleEndian, toByteOffset: 0, as: UInt64.self)
      $0.storeBytes(of: time.littleEndian, toByteOffset: 8, as: UInt64.self)
    }
  }
}
