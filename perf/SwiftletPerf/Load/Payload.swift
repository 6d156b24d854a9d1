// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SwiftletCore

/// The messages of a load: each names its place in its connection's sequence and carries a checksum of
/// that, of the connection and of the run; the rest is the same in all. So a reply that is lost, comes
/// twice, out of order, altered or from another connection is known as such.
///
/// Binary: 8 bytes of sequence and 4 of checksum, little endian, then random bytes. Text: 8 hexadecimal
/// digits of the sequence, which begins anew after 2^32, and 8 of the checksum, then random letters.
package struct Payload: ~Copyable {
  package let kind: MessageKind
  package let size: Int
  private let seed: UInt64
  /// The last message written.
  private let bytes: UnsafeMutableRawPointer

  /// The shortest message that can be checked: sequence and checksum alone.
  package static func leastSize(_ kind: MessageKind) -> Int { kind == .text ? 16 : 12 }

  /// - Precondition: `size` is at least ``leastSize(_:)``.
  package init(_ kind: MessageKind, size: Int, seed: UInt64) {
    precondition(size >= Self.leastSize(kind))
    self.kind = kind
    self.size = size
    self.seed = seed
    bytes = .allocate(byteCount: size, alignment: 16)
    var random = SplitMix64(seed: seed)
    for index in 0..<size {
      let byte = UInt8(truncatingIfNeeded: random.next())
      bytes.storeBytes(
        of: kind == .text ? UInt8(ascii: "a") + byte % 26 : byte, toByteOffset: index,
        as: UInt8.self)
    }
  }

  deinit { bytes.deallocate() }

  /// Calls `body` with the message of a place in a connection's sequence.
  @inline(__always)
  func with(_ sequence: UInt64, of connection: UInt32, _ body: (RawSpan) -> Void) {
    let checksum = checksum(sequence, connection)
    if kind == .binary {
      bytes.storeBytes(of: sequence.littleEndian, as: UInt64.self)
      bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 8, as: UInt32.self)
    } else {
      bytes.storeBytes(of: hexadecimal(UInt32(truncatingIfNeeded: sequence)), as: UInt64.self)
      bytes.storeBytes(of: hexadecimal(checksum), toByteOffset: 8, as: UInt64.self)
    }
    body(UnsafeRawBufferPointer(start: bytes, count: size).bytes)
  }

  /// The place of a reply in its connection's sequence, near `expected`; nil when it is no message of
  /// this connection as it was sent.
  @inline(__always)
  func sequence(
    of reply: RawSpan, _ replyKind: MessageKind, on connection: UInt32, near expected: UInt64
  ) -> UInt64? {
    guard reply.byteCount == size, replyKind == kind else { return nil }
    return reply.withUnsafeBytes { reply in
      let sequence: UInt64
      let head = Self.leastSize(kind)
      if kind == .binary {
        sequence = UInt64(littleEndian: reply.loadUnaligned(as: UInt64.self))
        let stated = UInt32(
          littleEndian: reply.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        guard stated == checksum(sequence, connection) else { return nil }
      } else {
        guard let low = number(reply.loadUnaligned(as: UInt64.self)) else { return nil }
        // Less than 2^31 away from what is expected.
        let distance = Int32(truncatingIfNeeded: UInt64(low) &- expected)
        sequence = expected &+ UInt64(bitPattern: Int64(distance))
        let stated = reply.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        guard stated == hexadecimal(checksum(sequence, connection)) else { return nil }
      }
      let rest = size - head
      return memcmp(reply.baseAddress! + head, bytes + head, rest) == 0 ? sequence : nil
    }
  }

  @inline(__always)
  private func checksum(_ sequence: UInt64, _ connection: UInt32) -> UInt32 {
    let word = sequence ^ seed ^ UInt64(connection) &* 0x9E37_79B9_7F4A_7C15
    return UInt32(truncatingIfNeeded: SplitMix64.mixed(word))
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
