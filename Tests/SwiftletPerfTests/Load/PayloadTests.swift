// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Testing

@testable import SwiftletPerf

@Suite struct PayloadTests {
  /// A message, as it is sent.
  private func message(
    _ payload: borrowing Payload, _ sequence: UInt64, of connection: UInt32
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    payload.with(sequence, of: connection) { $0.withUnsafeBytes { bytes = Array($0) } }
    return bytes
  }

  private func sequence(
    _ payload: borrowing Payload, _ bytes: [UInt8], kind: MessageKind, on connection: UInt32 = 7,
    near expected: UInt64
  ) -> UInt64? {
    payload.sequence(of: bytes.span.bytes, kind, on: connection, near: expected)
  }

  @Test(
    arguments: [MessageKind.binary, .text],
    [0, 1, 15, 0xffff_ffff, 0x1_0000_0000, 0x1_2345_6789_abcd] as [UInt64])
  func isKnownByItsReply(kind: MessageKind, place: UInt64) {
    for size in [Payload.leastSize(kind), 20, 21, 1000] {
      let payload = Payload(kind, size: size, seed: 3)
      let bytes = message(payload, place, of: 7)
      #expect(bytes.count == size)
      let near: [UInt64] = [place, place + 5, place < 5 ? 0 : place - 5]
      for expected in near {
        #expect(sequence(payload, bytes, kind: kind, near: expected) == place)
      }
    }
  }

  @Test(arguments: [MessageKind.binary, .text])
  func isNotKnownWhenItDiffersAnywhere(kind: MessageKind) {
    let payload = Payload(kind, size: 40, seed: 3)
    let bytes = message(payload, 1000, of: 7)
    for index in bytes.indices {
      for bit in 0..<8 {
        var other = bytes
        other[index] ^= 1 << bit
        #expect(sequence(payload, other, kind: kind, near: 1000) == nil)
      }
    }
    #expect(sequence(payload, Array(bytes.dropLast()), kind: kind, near: 1000) == nil)
    #expect(sequence(payload, bytes + [97], kind: kind, near: 1000) == nil)
    #expect(sequence(payload, [], kind: kind, near: 1000) == nil)
  }

  @Test(arguments: [MessageKind.binary, .text])
  func isNotKnownElsewhere(kind: MessageKind) {
    let payload = Payload(kind, size: 40, seed: 3)
    let bytes = message(payload, 1000, of: 7)
    #expect(sequence(payload, bytes, kind: kind, on: 8, near: 1000) == nil)
    #expect(sequence(payload, bytes, kind: kind == .text ? .binary : .text, near: 1000) == nil)
    let otherRun = Payload(kind, size: 40, seed: 4)
    #expect(sequence(otherRun, bytes, kind: kind, near: 1000) == nil)
  }

  @Test func textIsText() {
    let payload = Payload(.text, size: 64, seed: 1)
    let bytes = message(payload, 0x89ab_cdef, of: 1)
    #expect(String(decoding: bytes.prefix(8), as: UTF8.self) == "89abcdef")
    #expect(bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "z")).contains($0) })
  }
}
