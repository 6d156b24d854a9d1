// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Testing

@testable import SwiftletPerf

@Suite struct PayloadTests {
  private func sequence(
    _ payload: borrowing Payload, _ bytes: [UInt8], kind: MessageKind? = nil,
    on connection: UInt32 = 7, near expected: UInt64
  ) -> UInt64? {
    payload.sequence(
      of: bytes.span.bytes, kind ?? payload.format.messageKind, on: connection, near: expected)
  }

  @Test(
    arguments: Payload.Format.allCases,
    [0, 1, 15, 0xffff_ffff, 0x1_0000_0000, 0x1_2345_6789_abcd] as [UInt64])
  func isKnownByItsReply(format: Payload.Format, place: UInt64) {
    for size in [format.leastSize, 60, 61, 1000, 70_000] {
      let payload = Payload(format, size: size, seed: 3)
      let bytes = wireMessages(payload, [place], of: 7)[0]
      #expect(bytes.count == size)
      let near: [UInt64] = [place, place + 5, place < 5 ? 0 : place - 5]
      for expected in near {
        #expect(sequence(payload, bytes, near: expected) == place)
      }
    }
  }

  @Test(arguments: Payload.Format.allCases)
  func isNotKnownWhenItDiffersAnywhere(format: Payload.Format) {
    let payload = Payload(format, size: 70, seed: 3)
    let bytes = wireMessages(payload, [1000], of: 7)[0]
    for index in bytes.indices {
      for bit in 0..<8 {
        var other = bytes
        other[index] ^= 1 << bit
        #expect(sequence(payload, other, near: 1000) == nil)
      }
    }
    #expect(sequence(payload, Array(bytes.dropLast()), near: 1000) == nil)
    #expect(sequence(payload, bytes + [97], near: 1000) == nil)
    #expect(sequence(payload, [], near: 1000) == nil)
  }

  @Test(arguments: Payload.Format.allCases)
  func isNotKnownElsewhere(format: Payload.Format) {
    let payload = Payload(format, size: 70, seed: 3)
    let bytes = wireMessages(payload, [1000], of: 7)[0]
    #expect(sequence(payload, bytes, on: 8, near: 1000) == nil)
    let other: MessageKind = format.messageKind == .text ? .binary : .text
    #expect(sequence(payload, bytes, kind: other, near: 1000) == nil)
    let otherRun = Payload(format, size: 70, seed: 4)
    #expect(sequence(otherRun, bytes, near: 1000) == nil)
  }

  @Test func textIsText() {
    let payload = Payload(.text, size: 64, seed: 1)
    let bytes = wireMessages(payload, [0x89ab_cdef], of: 1)[0]
    #expect(String(decoding: bytes.prefix(8), as: UTF8.self) == "89abcdef")
    #expect(bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "z")).contains($0) })
  }

  /// A few images take turns; what each sent before must not show.
  @Test(arguments: Payload.Format.allCases)
  func everyMessageOfManyIsRight(format: Payload.Format) {
    for size in [format.leastSize, 200, 200_000] {
      let payload = Payload(format, size: size, seed: 9)
      let places = (0..<(size > 1000 ? 6 : 200)).map { UInt64($0 * 0x1_0101) }
      for (place, bytes) in zip(places, wireMessages(payload, places, of: 3)) {
        #expect(sequence(payload, bytes, on: 3, near: place) == place)
      }
    }
  }
}

@Suite struct ReplyPartsTests {
  private func sequence(
    _ payload: borrowing Payload, _ bytes: [UInt8], cuts: [Int], parts: inout ReplyParts
  ) -> UInt64? {
    let ends = cuts.filter { $0 < bytes.count }.sorted() + [bytes.count]
    var start = 0
    for end in ends {
      // In memory of its own, so that reading before or behind it would be seen.
      let part = Array(bytes[start..<end])
      part.withUnsafeBytes { parts.add($0, of: payload, on: 7, near: 5, at: 1) }
      start = end
    }
    return parts.end(of: payload)
  }

  @Test(arguments: Payload.Format.allCases)
  func aReplyMayBeCutAnywhere(format: Payload.Format) {
    let size = format.leastSize + 40
    let payload = Payload(format, size: size, seed: 3)
    var parts = ReplyParts(for: payload)
    let bytes = wireMessages(payload, [5], of: 7)[0]
    for cut in 0...size {
      #expect(sequence(payload, bytes, cuts: [cut], parts: &parts) == 5)
      #expect(sequence(payload, bytes, cuts: [cut, cut + 1, cut + 2], parts: &parts) == 5)
    }
    #expect(sequence(payload, bytes, cuts: Array(0...size), parts: &parts) == 5)
  }

  @Test(arguments: Payload.Format.allCases)
  func aWrongReplyIsNotTaken(format: Payload.Format) {
    let size = format.leastSize + 40
    let payload = Payload(format, size: size, seed: 3)
    var parts = ReplyParts(for: payload)
    let bytes = wireMessages(payload, [5], of: 7)[0]
    for index in bytes.indices {
      var other = bytes
      other[index] ^= 0x10
      #expect(sequence(payload, other, cuts: [index, 3, 30], parts: &parts) == nil)
    }
    #expect(sequence(payload, bytes + [1], cuts: [10], parts: &parts) == nil)
    #expect(sequence(payload, bytes.dropLast(), cuts: [10], parts: &parts) == nil)
    #expect(sequence(payload, [], cuts: [], parts: &parts) == nil)
    // And the next one is not the worse for it.
    #expect(sequence(payload, bytes, cuts: [10], parts: &parts) == 5)
  }
}

/// Messages as a server receives them: from their images, unmasked.
private func wireMessages(
  _ payload: borrowing Payload, _ places: [UInt64], of connection: UInt32
) -> [[UInt8]] {
  let target = try! Target("ws://127.0.0.1/")
  var images = WireImages(of: payload, to: target, seed: 11)
  let size = payload.size
  return places.map { place in
    var message: [UInt8] = []
    images.with(place, of: connection, in: payload) { frame in
      frame.withUnsafeBytes { frame in
        let key = frame[(frame.count - size - 4)..<(frame.count - size)].map { $0 }
        message = frame[(frame.count - size)...].enumerated().map { $1 ^ key[$0 % 4] }
      }
    }
    return message
  }
}
