// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

/// Whatever comes in, packing it gives what reading and writing it would give, or fails as reading does.
@Suite struct PackedTests {
  private func check(_ input: [UInt8], _ format: WireFormat) {
    #expect(packed(input, format) == written(input, format), "of \(hex(input))")
  }

  private func packed(_ input: [UInt8], _ format: WireFormat) -> Result<[UInt8], DecodeError> {
    input.withUnsafeBytes { input in
      Result { () throws(DecodeError) in try format.packed(input) }
    }
  }

  private func written(_ input: [UInt8], _ format: WireFormat) -> Result<[UInt8], DecodeError> {
    input.withUnsafeBytes { input in
      Result { () throws(DecodeError) in WireFormat.messagePack.encode(try format.decode(input)) }
    }
  }

  @Test(
    "MessagePack",
    arguments: [
      "c0", "c2", "c3", "00", "7f", "e0", "ff", "80", "90", "a0", "a3616263", "c403010203",
      // Longer than need be.
      "cc7f", "cc80", "cdff", "cd00ff", "cd0100", "ce0000ffff", "ce00010000", "cf00000000ffffffff",
      "cf0000000100000000", "cfffffffffffffffff", "d0e0", "d0df", "d07f", "d1ff80", "d1ff7f",
      "d2ffff8000", "d2ffff7fff", "d3ffffffff80000000", "d3ffffffff7fffffff", "d30000000000000001",
      "d90161", "da000161", "db0000000161", "c5000101", "c60000000101", "dc000101", "dd0000000101",
      "de0001a16101", "df00000001a16101", "c70101ff", "c80001 01ff", "c9000000 0101ff",
      "c70301ffffff",
      "d401ff", "ca3fc00000", "cb3ff8000000000000", "ca7fc00000",
      // Keys that come twice, also of another type.
      "82a16101a16102", "82a16101c4016102", "83a16101a16202a16103", "9182a16101a16102",
      "81a16182a16201a16202",
      // Invalid.
      "", "c1", "0000", "a1ff", "81a1ff01", "8101", "810101", "81a161", "92c0", "dcffff",
      "dfffffffff",
      "82a16101a1", "d9ff", "91a1ff",
    ])
  func messagePack(input: String) {
    check(bytes(hex: input), .messagePack)
  }

  @Test(
    "JSON",
    arguments: [
      "null", " true ", "false", "0", "-0", "-33", "18446744073709551615", "-9223372036854775808",
      "1.5",
      "1e300", #""""#, #""aé\u00e9\n\ud83d\ude00""#, "[]", "{}", #"[1,[2,{"a":[]}]]"#,
      #"{"a":1,"b":2,"a":3}"#, #"[{"a":1,"\u0061":2}]"#,
      "", "[", "[1,]", "{\"a\"}", "NaN", "18446744073709551616", #""\ud800""#, "1 2", "\u{FEFF}1",
    ])
  func json(input: String) {
    check(Array(input.utf8), .json)
  }

  @Test(arguments: WireFormat.allCases, [15, 16, 17, 18, 100, 70_000])
  func anyNumberOfKeys(format: WireFormat, count: Int) {
    let unique = (0..<count).map {
      Value.Map.Entry(key: .string("key \($0)"), value: .int(Int64($0)))
    }
    check(format.encode(.map(Value.Map(unique: unique))), format)
    check(format.encode(.map(Value.Map(unique: unique + [unique[0]]))), format)
  }

  @Test(arguments: WireFormat.allCases, [989, 990, 991, 1023, 1024, 1025, 50_000])
  func anyDepth(format: WireFormat, depth: Int) {
    func nested(_ begin: [UInt8], _ end: [UInt8]) -> [UInt8] {
      let innermost: [UInt8] = format == .json ? [UInt8(ascii: "1")] : [1]
      return Array(repeatElement(begin, count: depth).joined()) + innermost
        + Array(repeatElement(end, count: depth).joined())
    }
    switch format {
    case .json:
      check(nested(Array("[".utf8), Array("]".utf8)), format)
      check(nested(Array(#"{"a":"#.utf8), Array("}".utf8)), format)
    case .messagePack:
      check(nested([0x91], []), format)
      check(nested([0x81, 0xa1, 0x61], []), format)
    }
  }

  @Test(arguments: WireFormat.allCases, 0..<40 as Range<UInt64>)
  func anything(format: WireFormat, seed: UInt64) {
    let random = Random(seed: seed)
    for _ in 0..<50 {
      let output = format.encode(random.value(depth: 5, isJSON: format == .json))
      check(output, format)
      check(random.mutation(of: output), format)
    }
  }
}
