// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import Testing

@Suite struct MessagePackTests {
  private let format = WireFormat.messagePack

  // MARK: Every form is read

  @Test(
    arguments: [
      ("c0", .null), ("c2", false), ("c3", true),
      // Integers, minimal or not.
      ("00", 0), ("7f", 127), ("ff", -1), ("e0", -32),
      ("cc00", 0), ("ccff", 255), ("cd0001", 1), ("cdffff", 65535), ("ce00000001", 1),
      ("ceffffffff", 4_294_967_295), ("cf0000000000000001", 1),
      ("cf7fffffffffffffff", .int(.max)), ("cf8000000000000000", .uint(1 << 63)),
      ("cfffffffffffffffff", .uint(.max)),
      ("d07f", 127), ("d080", -128), ("d1ffff", -1), ("d18000", -32768), ("d2ffffffff", -1),
      ("d280000000", -2_147_483_648), ("d3ffffffffffffffff", -1),
      ("d38000000000000000", .int(.min)),
      // Floats keep their width.
      ("ca3fc00000", .float(1.5)), ("cb3ff8000000000000", .double(1.5)),
      ("cbfff0000000000000", .double(-.infinity)),
      // Strings and binary.
      ("a0", ""), ("a161", "a"), ("d90161", "a"), ("da000161", "a"), ("db0000000161", "a"),
      ("a2c3a9", "é"), ("a100", "\0"),
      ("c400", .binary([])), ("c401ff", .binary([0xff])), ("c50001ff", .binary([0xff])),
      ("c600000001ff", .binary([0xff])),
      // Arrays and maps.
      ("90", []), ("9101", [1]), ("dc000101", [1]), ("dd0000000101", [1]),
      ("80", [:]), ("81a16101", ["a": 1]), ("de0001a16101", ["a": 1]),
      ("df00000001a16101", ["a": 1]), ("81d90161c0", ["a": .null]),
      // Extensions.
      ("d405ff", .ext(5, [0xff])), ("d5fe0102", .ext(-2, [1, 2])),
      ("d60501020304", .ext(5, [1, 2, 3, 4])),
      ("d7050102030405060708", .ext(5, Array(1...8))),
      ("d8050102030405060708090a0b0c0d0e0f10", .ext(5, Array(1...16))),
      ("c70005", .ext(5, [])), ("c8000105ff", .ext(5, [0xff])), ("c90000000105ff", .ext(5, [0xff])),
      ("d6ff00000000", .ext(-1, [0, 0, 0, 0])),
    ] as [(String, Value)])
  func formIsRead(input: String, value: Value) throws {
    #expect(try format.decode(bytes(hex: input)) == value)
  }

  @Test func ofEqualKeysTheLastWins() throws {
    let map = try format.decode(bytes(hex: "83 a16101 a16202 a16103"))
    #expect(map == ["a": 3, "b": 2])
  }

  /// Not by what Unicode calls the same: é as one character, and as two.
  @Test func keysAreEqualByTheirBytes() throws {
    guard case .map(let map) = try format.decode(bytes(hex: "82 a2c3a901 a365cc8102")) else {
      Issue.record("no map")
      return
    }
    #expect(map.count == 2)
    #expect(map["\u{e9}"] == 1)
    #expect(map["e\u{301}"] == 2)
  }

  @Test func binaryKeyIsNeverAString() throws {
    guard case .map(let map) = try format.decode(bytes(hex: "82 c4016101 a16102")) else {
      Issue.record("no map")
      return
    }
    #expect(map.count == 2)
    #expect(map["a"] == 2)
    #expect(map.entries[0].key == .binary([0x61]))
  }

  @Test func manyKeysAreKeptApart() throws {
    var input: [UInt8] = [0xde, 0x4e, 0x20]
    // Each of ten thousand twice.
    for round in 0..<2 {
      for key in 0..<10_000 { input += format.encode(.string("k\(key)")) + [UInt8(round)] }
    }
    guard case .map(let map) = try format.decode(input) else {
      Issue.record("no map")
      return
    }
    #expect(map.count == 10_000)
    #expect(map.entries.allSatisfy { $0.value == 1 })
    #expect(map.entries[9_999].key == .string("k9999"))
  }

  // MARK: What is no value

  @Test(
    arguments: [
      ("", "ValueError"), ("cc", "ValueError"), ("cd00", "ValueError"), ("a261", "ValueError"),
      ("9201", "ValueError"), ("81a161", "ValueError"), ("81", "ValueError"),
      ("d6ff0000", "ValueError"),
      ("cbff", "ValueError"), ("c7", "ValueError"), ("c70105", "ValueError"),
      // Lengths that promise more than there is.
      ("dbffffffff", "ValueError"), ("c6ffffffff00", "ValueError"), ("ddffffffffc0", "ValueError"),
      ("dfffffffffa161c0", "ValueError"), ("c9ffffffff05", "ValueError"),
      // Keys that are neither str nor bin.
      ("810101", "ValueError"), ("81c001", "ValueError"), ("819001", "ValueError"),
      ("9181c2c0", "ValueError"), ("81d40500c0", "ValueError"),
      ("c1", "FormatError"), ("91c1", "FormatError"), ("81a161c1", "FormatError"),
      ("0000", "ExtraData"), ("c0c1", "ExtraData"), ("80a0", "ExtraData"),
      ("a1ff", "UnicodeDecodeError"), ("a2c0af", "UnicodeDecodeError"),
      ("a3eda080", "UnicodeDecodeError"), ("a4f4908080", "UnicodeDecodeError"),
      ("81a1ff01", "UnicodeDecodeError"),
    ])
  func isRefused(input: String, kind: String) {
    #expect(format.refusal(bytes(hex: input)) == kind)
  }

  @Test func formatErrorHasNoDetail() {
    #expect(throws: DecodeError("FormatError", "")) { try format.decode([0xc1]) }
  }

  @Test func everyCutIsRefused() throws {
    let whole = format.encode(Random(seed: 3).value(depth: 5))
    for count in 0..<whole.count {
      #expect(format.refusal(Array(whole[..<count])) == "ValueError")
    }
  }

  @Test func depthIsBounded() throws {
    func nested(_ depth: Int, _ head: [UInt8]) -> [UInt8] {
      Array(repeatElement(head, count: depth).joined()) + [0xc0]
    }
    for head in [[0x91], [0x81, 0xa0]] as [[UInt8]] {
      #expect(format.refusal(nested(1024, head)) == nil)
      #expect(format.refusal(nested(1025, head)) == "StackError")
      #expect(format.refusal(nested(100_000, head)) == "StackError")
    }
  }

  // MARK: The shortest form is written

  @Test(
    arguments: [
      (0, "00"), (127, "7f"), (128, "cc80"), (255, "ccff"), (256, "cd0100"), (65535, "cdffff"),
      (65536, "ce00010000"), (4_294_967_295, "ceffffffff"), (4_294_967_296, "cf0000000100000000"),
      (.int(.max), "cf7fffffffffffffff"), (.uint(.max), "cfffffffffffffffff"),
      (-1, "ff"), (-32, "e0"), (-33, "d0df"), (-128, "d080"), (-129, "d1ff7f"), (-32768, "d18000"),
      (-32769, "d2ffff7fff"), (-2_147_483_648, "d280000000"),
      (-2_147_483_649, "d3ffffffff7fffffff"), (.int(.min), "d38000000000000000"),
      (.float(1.5), "ca3fc00000"), (.double(1.5), "cb3ff8000000000000"), (.null, "c0"),
      (true, "c3"), (false, "c2"), (.packed([0x93, 1, 2, 3]), "93010203"),
      (["a": .packed([0xc0])], "81a161c0"), (.ext(5, [1]), "d40501"),
      (.ext(-1, [1, 2]), "d5ff0102"),
      (.ext(5, []), "c70005"), (.ext(5, [1, 2, 3]), "c70305010203"),
    ] as [(Value, String)])
  func shortestFormIsWritten(value: Value, output: String) {
    #expect(hex(format.encode(value)) == output)
  }

  /// Heads of what has a length, at the lengths where they change.
  @Test(
    arguments: [
      (31, "bf", "c41f", "dc001f", "de001f", "c71f05"),
      (32, "d920", "c420", "dc0020", "de0020", "c72005"),
      (255, "d9ff", "c4ff", "dc00ff", "de00ff", "c7ff05"),
      (256, "da0100", "c50100", "dc0100", "de0100", "c8010005"),
      (65535, "daffff", "c5ffff", "dcffff", "deffff", "c8ffff05"),
      (65536, "db00010000", "c600010000", "dd00010000", "df00010000", "c90001000005"),
      (15, "af", "c40f", "9f", "8f", "c70f05"), (16, "b0", "c410", "dc0010", "de0010", "d805"),
    ] as [(Int, String, String, String, String, String)])
  func lengthTakesTheShortestHead(
    count: Int, string: String, binary: String, array: String, map: String, ext: String
  ) throws {
    let data = [UInt8](repeating: 7, count: count)
    var entries = Value.Map()
    for key in 0..<min(count, 300) { entries.set(.string("\(key)"), 1) }
    var cases: [(Value, String)] = [
      (.string(String(repeating: "x", count: count)), string), (.binary(data), binary),
      (.array(Array(repeating: 1, count: count)), array), (.ext(5, data), ext),
    ]
    if entries.count == count { cases.append((.map(entries), map)) }
    for (value, head) in cases {
      let output = format.encode(value)
      #expect(hex(Array(output.prefix(head.utf8.count / 2))) == head)
      #expect(try format.decode(output) == value)
    }
  }

  @Test func encodingAppends() {
    var output: [UInt8] = [1, 2]
    format.encode(3, into: &output)
    #expect(output == [1, 2, 3])
  }
}
