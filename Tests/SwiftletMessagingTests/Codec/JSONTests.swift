// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import Testing

@Suite struct JSONTests {
  private let format = WireFormat.json

  // MARK: Reading

  @Test(
    arguments: [
      ("null", .null), ("true", true), ("false", false), (" \t\r\n1\n ", 1), ("[]", []),
      ("{}", [:]),
      ("[ ]", []), ("[1,[2,{\"a\":[]}]]", [1, [2, ["a": []]]]), ("{\"\":{}}", ["": [:]]),
      // Whole numbers are exact.
      ("0", 0), ("-0", 0), ("-1", -1), ("9007199254740993", .int(9_007_199_254_740_993)),
      ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
      ("9223372036854775808", .uint(1 << 63)), ("18446744073709551615", .uint(.max)),
      // A point or an exponent makes a double.
      ("2.0", .double(2)), ("1e2", .double(100)), ("1E+2", .double(100)), ("1e-400", .double(0)),
      ("0.1", .double(0.1)), ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
      ("5e-324", .double(.leastNonzeroMagnitude)), ("18446744073709551616.0", .double(0x1p64)),
      ("9007199254740993.0", .double(9_007_199_254_740_992)),
      // Strings.
      (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9é""#, "éé"),
      (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00""#, "😀"), (#""\u0000""#, "\0"),
      ("\"\u{7f}\"", "\u{7f}"),
      ("\"\u{ffff}\"", "\u{ffff}"),
    ] as [(String, Value)])
  func isRead(text: String, value: Value) throws {
    #expect(try format.decode(text) == value)
  }

  @Test func ofEqualNamesTheLastWins() throws {
    #expect(try format.decode(#"{"a":1,"b":2,"\u0061":3}"#) == ["a": 3, "b": 2])
  }

  @Test(
    arguments: [
      "", " ", "\u{feff}{}", "nul", "nulls", "True", "NaN", "Infinity", "-Infinity", "{} {}", "1 2",
      "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\"}", "{1:2}", "[1", "{\"a\":1", "\"a", "]",
      "[1}",
      "[,1]", "//", "[1]//", "\u{c}1", "\u{a0}1", "1\0",
      "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "1_000", "--1",
      // Beyond 64 bits, and beyond a double.
      "18446744073709551616", "-9223372036854775809", "1" + String(repeating: "0", count: 400),
      "1e400", "-1e400",
      "\"\n\"", "\"\0\"", #""\x41""#, #""\u12""#, #""\u12g4""#, #""\"#,
      // Half a pair of surrogates.
      #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800x""#, #""\ude00\ud83d""#,
    ])
  func isRefused(text: String) {
    #expect(format.refusal(text) == "JSONDecodeError")
  }

  @Test(arguments: ["22ff22", "22c0af22", "22eda08022", "22f490808022", "22ff", "ff"])
  func notUTF8IsRefused(input: String) {
    #expect(format.refusal(bytes(hex: input)) != nil)
  }

  @Test func everyCutIsRefused() {
    let whole = Array(#"{"a":[1,-2.5e3,true,null,"é\n\ud83d\ude00"],"b":{}}"#.utf8)
    for count in 0..<whole.count { #expect(format.refusal(Array(whole[..<count])) != nil) }
  }

  private func nested(_ depth: Int, _ head: String, _ tail: String) -> String {
    String(repeating: head, count: depth) + "1" + String(repeating: tail, count: depth)
  }

  @Test func depthIsBounded() {
    for (head, tail) in [("[", "]"), ("{\"\":", "}")] {
      #expect(format.refusal(nested(990, head, tail)) == nil)
      #expect(format.refusal(nested(991, head, tail)) == "RecursionError")
      #expect(format.refusal(nested(100_000, head, tail)) == "RecursionError")
    }
  }

  /// A thread that read a large text, or a deep one, reads the next as if it had not.
  @Test func oneTextLeavesNoTraceInTheNext() throws {
    let large = Value.array((0..<100_000).map { .string("element \($0)") })
    let text = format.encode(large)
    for _ in 0..<2 {
      #expect(try format.decode(text) == large)
      #expect(format.refusal(nested(100_000, "[", "]")) == "RecursionError")
      #expect(try format.decode("[1]") == [1])
    }
  }

  // MARK: Writing

  @Test(
    arguments: [
      (.null, "null"), (true, "true"), (false, "false"), ([], "[]"), ([:], "{}"),
      (["a": [1, "b", .null], "c": [:]], #"{"a":[1,"b",null],"c":{}}"#),
      (.int(.min), "-9223372036854775808"), (.uint(.max), "18446744073709551615"),
      // The shortest digits that read back as the same number, and a float stays one.
      (.double(0.1), "0.1"), (.double(2), "2.0"), (.double(-0.0), "-0.0"), (.double(1e22), "1e+22"),
      (.double(1e-7), "1e-07"), (.double(.leastNonzeroMagnitude), "5e-324"),
      (.double(123456.789), "123456.789"),
      (.float(0.1), "0.1"), (.float(16_777_216), "16777216.0"), (.float(1e10), "1e+10"),
      (.double(.nan), "null"), (.double(.infinity), "null"), (.float(-.infinity), "null"),
      // What is not ASCII is escaped, and of ASCII what must be.
      ("é😀", #""\u00e9\ud83d\ude00""#), ("\u{7f}\u{80}\u{7ff}", "\"\u{7f}\\u0080\\u07ff\""),
      ("\u{800}\u{ffff}\u{10000}\u{10ffff}", #""\u0800\uffff\ud800\udc00\udbff\udfff""#),
      ("\"\\/\u{8}\u{c}\n\r\t\0\u{1f}", #""\"\\/\b\f\n\r\t\u0000\u001f""#),
      (
        "plain text of more than eight bytes, then \"quotes\"",
        #""plain text of more than eight bytes, then \"quotes\"""#
      ),
    ] as [(Value, String)])
  func isWritten(value: Value, text: String) {
    #expect(format.text(value) == text)
  }

  @Test func encodingAppends() {
    var output = Array("[".utf8)
    format.encode(3, into: &output)
    #expect(output == Array("[3".utf8))
  }

  // MARK: Size

  @Test(
    arguments: [
      ("", 2), ("é😀", 8), ("\"\\\n", 8), ("\0\u{1f}", 14), ([1, "a"], 7), (["a": .null], 10),
      ([["ttl": 60, "body": "x"]], 23), (.binary([0xff]), 6),
    ] as [(Value, Int)])
  func byteCountIsOfCompactUTF8(value: Value, count: Int) {
    #expect(JSON.byteCount(of: value) == count)
  }
}
