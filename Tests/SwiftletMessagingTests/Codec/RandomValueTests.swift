// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import Testing

/// Values and inputs that nobody thought of. Each seed is a case of its own, so that one that fails can
/// be run again.
@Suite struct RandomValueTests {
  @Test(arguments: 0..<40 as Range<UInt64>)
  func messagePackGivesBackTheSame(seed: UInt64) throws {
    let random = Random(seed: seed)
    for _ in 0..<25 {
      let value = random.value(depth: 5)
      let output = WireFormat.messagePack.encode(value)
      #expect(try WireFormat.messagePack.decode(output) == value)
      #expect(WireFormat.messagePack.encode(.packed(output)) == output)
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func jsonGivesBackTheSame(seed: UInt64) throws {
    let random = Random(seed: seed)
    for _ in 0..<25 {
      let value = random.value(depth: 5, isJSON: true)
      let output = WireFormat.json.encode(value)
      #expect(output.allSatisfy { (0x20...0x7f).contains($0) })
      #expect(try WireFormat.json.decode(output) == value)
    }
  }

  /// Whatever MessagePack can say has a word in JSON, the same whether it is packed or not.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func messagePackIsAlwaysSaidInJSON(seed: UInt64) throws {
    let random = Random(seed: seed)
    for _ in 0..<25 {
      let value = random.value(depth: 5)
      let packed = Value.packed(WireFormat.messagePack.encode(value))
      let output = WireFormat.json.encode(value)
      #expect(WireFormat.json.refusal(output) == nil)
      #expect(WireFormat.json.encode(packed) == output)
      #expect(JSON.byteCount(of: packed) == JSON.byteCount(of: value))
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func byteCountIsThatOfTheTextWithoutNeedlessEscapes(seed: UInt64) throws {
    let random = Random(seed: seed)
    for _ in 0..<25 {
      let value = random.value(depth: 5)
      #expect(JSON.byteCount(of: value) == withoutNeedlessEscapes(WireFormat.json.text(value)))
    }
  }

  /// Bytes of `text` when each character that is not ASCII is itself and not an escape.
  private func withoutNeedlessEscapes(_ text: String) -> Int {
    var count = 0
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      count += 1
      guard byte == UInt8(ascii: "\\") else { continue }
      let letter = rest.popFirst()
      count += 1
      guard letter == UInt8(ascii: "u") else { continue }
      let unit = UInt16(String(Substring(rest.prefix(4))), radix: 16)!
      rest = rest.dropFirst(4)
      // Two halves of a pair are four bytes together.
      count += unit < 0x80 ? 4 : unit < 0x800 ? 0 : UTF16.isSurrogate(unit) ? 0 : 1
    }
    return count
  }

  /// No input is more than refused, and what is taken survives being written and read again.
  @Test(arguments: WireFormat.allCases, 0..<40 as Range<UInt64>)
  func hostileInputDoesNoHarm(format: WireFormat, seed: UInt64) throws {
    let random = Random(seed: seed)
    for _ in 0..<100 {
      let value = random.value(depth: 3, isJSON: format == .json)
      let input = random.mutation(of: format.encode(value))
      guard let read = try? format.decode(input) else { continue }
      let output = format.encode(read)
      // Twice, since a NaN is not equal to itself.
      #expect(format.encode(try format.decode(output)) == output)
    }
    for count in 0..<100 { _ = format.refusal(random.bytes(count)) }
  }
}
