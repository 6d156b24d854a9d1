// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SwiftletCore

/// The messages of a load: each names its place in its connection's sequence and carries a checksum of
/// that, of the connection and of the run; the rest is the same in all. So a reply that is lost, comes
/// twice, out of order, altered or from another connection is known as such.
package struct Payload: ~Copyable {
  /// How a message is written.
  package enum Format: String, Sendable, CaseIterable, Codable {
    /// 8 bytes of sequence and 4 of checksum, little endian, then random bytes.
    case binary
    /// 8 hexadecimal digits of the sequence, which begins anew after 2^32, and 8 of the checksum, then random
    /// letters.
    case text
    /// A text message: an object of `seq` and `sum`, with such digits, and `data`, random letters.
    case json
    /// A binary message: the same map in MessagePack, with numbers and random bytes.
    case msgpack

    package var messageKind: MessageKind { self == .text || self == .json ? .text : .binary }

    /// The shortest message that can be checked: sequence and checksum alone.
    package var leastSize: Int { Layout(self, size: 0).leastSize }
  }

  package let format: Format
  package let size: Int
  let layout: Layout
  private let seed: UInt64
  /// A message, but for its sequence and checksum.
  private let template: UnsafeMutableRawPointer

  /// - Precondition: `size` is at least the format's least.
  package init(_ format: Format, size: Int, seed: UInt64) {
    layout = Layout(format, size: size)
    precondition(size >= layout.leastSize)
    self.format = format
    self.size = size
    self.seed = seed
    template = .allocate(byteCount: size, alignment: 16)
    var random = SplitMix64(seed: seed)
    for index in 0..<size {
      let byte = UInt8(truncatingIfNeeded: random.next())
      template.storeBytes(
        of: format.messageKind == .text ? UInt8(ascii: "a") + byte % 26 : byte,
        toByteOffset: index, as: UInt8.self)
    }
    for (offset, bytes) in layout.fixed {
      bytes.withUnsafeBytes {
        (template + offset).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
      }
    }
  }

  deinit { template.deallocate() }

  /// A message, but for its sequence and checksum.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: template, count: size) }

  /// The bytes of the place in a connection's sequence, and of its checksum, as they lie in memory; of the
  /// latter 4 count unless it is in digits.
  @inline(__always)
  func words(_ sequence: UInt64, of connection: UInt32) -> (sequence: UInt64, checksum: UInt64) {
    let checksum = checksum(sequence, connection)
    switch layout.notation {
    case .littleEndian: return (sequence.littleEndian, UInt64(checksum.littleEndian))
    case .bigEndian: return (sequence.bigEndian, UInt64(checksum.bigEndian))
    case .hexadecimal:
      return (hexadecimal(UInt32(truncatingIfNeeded: sequence)), hexadecimal(checksum))
    }
  }

  /// The place of a reply in its connection's sequence, near `expected`; nil when it is no message of
  /// this connection as it was sent.
  @inline(__always)
  func sequence(
    of reply: RawSpan, _ kind: MessageKind, on connection: UInt32, near expected: UInt64
  ) -> UInt64? {
    guard reply.byteCount == size, kind == format.messageKind else { return nil }
    return reply.withUnsafeBytes { reply in
      let bytes = reply.baseAddress!
      guard let sequence = sequence(atHead: bytes, on: connection, near: expected),
        isRight(bytes, layout.headSize, size)
      else { return nil }
      return sequence
    }
  }

  /// The same of a message's first ``Layout/headSize`` bytes, which are checked.
  @inline(__always)
  func sequence(
    atHead bytes: UnsafeRawPointer, on connection: UInt32, near expected: UInt64
  ) -> UInt64? {
    var sequence = bytes.loadUnaligned(fromByteOffset: layout.sequenceOffset, as: UInt64.self)
    switch layout.notation {
    case .littleEndian: break
    case .bigEndian: sequence = sequence.bigEndian
    case .hexadecimal:
      guard let low = number(sequence) else { return nil }
      // Less than 2^31 away from what is expected.
      let distance = Int32(truncatingIfNeeded: UInt64(low) &- expected)
      sequence = expected &+ UInt64(bitPattern: Int64(distance))
    }
    let checksum = words(sequence, of: connection).checksum
    if layout.notation == .hexadecimal {
      guard bytes.loadUnaligned(fromByteOffset: layout.checksumOffset, as: UInt64.self) == checksum
      else { return nil }
    } else {
      guard
        bytes.loadUnaligned(fromByteOffset: layout.checksumOffset, as: UInt32.self)
          == UInt32(truncatingIfNeeded: checksum)
      else { return nil }
    }
    guard isRight(bytes, 0, layout.sequenceOffset),
      isRight(bytes, layout.sequenceOffset + 8, layout.checksumOffset)
    else { return nil }
    return sequence
  }

  /// Whether a message from `start` to `end` is as it must be; `bytes` points at its first byte.
  @inline(__always)
  func isRight(_ bytes: UnsafeRawPointer, _ start: Int, _ end: Int) -> Bool {
    start == end || memcmp(bytes + start, template + start, end - start) == 0
  }

  @inline(__always)
  private func checksum(_ sequence: UInt64, _ connection: UInt32) -> UInt32 {
    let word = sequence ^ seed ^ UInt64(connection) &* 0x9E37_79B9_7F4A_7C15
    return UInt32(truncatingIfNeeded: SplitMix64.mixed(word))
  }
}

/// Where what lies in a message.
struct Layout {
  enum Notation { case littleEndian, bigEndian, hexadecimal }

  let notation: Notation
  /// Of 8 bytes.
  let sequenceOffset: Int
  /// Behind it, of 8 bytes in digits, else of 4.
  let checksumOffset: Int
  /// Where sequence and checksum are over.
  let headSize: Int
  let leastSize: Int
  /// What is neither random nor told by the place in the sequence.
  let fixed: [(offset: Int, bytes: [UInt8])]

  init(_ format: Payload.Format, size: Int) {
    switch format {
    case .binary:
      self.init(.littleEndian, sequence: 0, checksum: 8)
    case .text:
      self.init(.hexadecimal, sequence: 0, checksum: 8)
    case .json:
      let (first, second, third) = (#"{"seq":""#, #"","sum":""#, #"","data":""#)
      let sequence = first.utf8.count
      let checksum = sequence + 8 + second.utf8.count
      let end = checksum + 8 + third.utf8.count
      self.init(
        .hexadecimal, sequence: sequence, checksum: checksum, leastSize: end + 2,
        [
          (0, Array(first.utf8)), (sequence + 8, Array(second.utf8)),
          (checksum + 8, Array(third.utf8)), (max(end, size - 2), Array(#""}"#.utf8)),
        ])
    case .msgpack:
      // A map of 3; texts of 3, 3 and 4; an unsigned number of 64 bits and one of 32.
      let first = [0x83, 0xa3] + Array("seq".utf8) + [0xcf]
      let second = [0xa3] + Array("sum".utf8) + [0xce]
      let checksum = first.count + 8 + second.count
      let third = [0xa4] + Array("data".utf8)
      let end = checksum + 4 + third.count
      let length: [UInt8]
      // The shortest of the three forms that has room for the rest.
      switch max(0, size - end) {
      case ...0x101: length = [0xc4, UInt8(clamping: size - end - 2)]
      case ...0x1_0002:
        let count = UInt16(clamping: size - end - 3)
        length = [0xc5, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
      default:
        let count = UInt32(clamping: size - end - 5)
        length = [0xc6] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
      }
      self.init(
        .bigEndian, sequence: first.count, checksum: checksum, leastSize: end + 2,
        [(0, first), (first.count + 8, second), (checksum + 4, third + length)])
    }
  }

  /// Writes sequence and checksum into a message, as ``Payload/words(_:of:)`` has them.
  @inline(__always)
  func write(_ words: (sequence: UInt64, checksum: UInt64), to message: UnsafeMutableRawPointer) {
    message.storeBytes(of: words.sequence, toByteOffset: sequenceOffset, as: UInt64.self)
    if notation == .hexadecimal {
      message.storeBytes(of: words.checksum, toByteOffset: checksumOffset, as: UInt64.self)
    } else {
      message.storeBytes(
        of: UInt32(truncatingIfNeeded: words.checksum), toByteOffset: checksumOffset,
        as: UInt32.self)
    }
  }

  private init(
    _ notation: Notation, sequence: Int, checksum: Int, leastSize: Int? = nil,
    _ fixed: [(offset: Int, bytes: [UInt8])] = []
  ) {
    self.notation = notation
    sequenceOffset = sequence
    checksumOffset = checksum
    headSize = checksum + (notation == .hexadecimal ? 8 : 4)
    self.leastSize = leastSize ?? headSize
    self.fixed = fixed
  }
}

/// Eight digits, the highest first, as they lie in memory.
@inline(__always)
private func hexadecimal(_ number: UInt32) -> UInt64 {
  // Spreads the digits over eight bytes, then turns each into its character.
  var digits = UInt64(number)
  digits = (digits << 16 | digits) & 0x0000_ffff_0000_ffff
  digits = (digits << 8 | digits) & 0x00ff_00ff_00ff_00ff
  digits = (digits << 4 | digits) & 0x0f0f_0f0f_0f0f_0f0f
  let areLetters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
  let characters = digits &+ 0x3030_3030_3030_3030 &+ areLetters &* 0x27
  return characters.bigEndian
}

private func number(_ characters: UInt64) -> UInt32? {
  var number: UInt32 = 0
  for shift in stride(from: 0, to: 64, by: 8) {
    let character = UInt8(truncatingIfNeeded: UInt64(littleEndian: characters) >> UInt64(shift))
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt32(character & 15)
    case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt32(character - 87)
    default: return nil
    }
  }
  return number
}
