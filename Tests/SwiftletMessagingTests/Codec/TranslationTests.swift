// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import Testing

/// What a JSON reader is given for what only MessagePack can say.
@Suite struct TranslationTests {
  @Test(
    arguments: [
      // bin: text if it is UTF-8, else base64.
      ("c400", #""""#), ("c40161", #""a""#), ("c402c3a9", #""\u00e9""#), ("c401ff", #""/w==""#),
      ("c402ffff", #""//8=""#), ("c403ffffff", #""////""#), ("c404fbefbe00", #""++++AA==""#),
      ("c40122", #""\"""#),
      // The same for keys.
      ("81c4016101", #"{"a":1}"#), ("81c401ff01", #"{"/w==":1}"#),
      // ext: its type, and what a bin would be.
      ("d40561", #"[5,"a"]"#), ("d4feff", #"[-2,"/w=="]"#), ("c70005", #"[5,""]"#),
      ("c7037f616263", #"[127,"abc"]"#), ("d48061", #"[-128,"a"]"#),
      // Floats of 32 bits are not widened.
      ("ca3dcccccd", "0.1"), ("ca7fc00000", "null"), ("cb7ff0000000000000", "null"),
      ("93c4016101d40561", #"["a",1,[5,"a"]]"#),
    ])
  func isSaidInJSON(input: String, text: String) throws {
    let packed = bytes(hex: input)
    let value = try WireFormat.messagePack.decode(packed)
    #expect(WireFormat.json.text(value) == text)
    #expect(WireFormat.json.text(.packed(packed)) == text)
    #expect(WireFormat.json.text(["a": .packed(packed)]) == #"{"a":\#(text)}"#)
  }

  @Test(
    arguments: [
      // 32 bits of seconds.
      ("00000000", "1970-01-01T00:00:00Z"), ("7fffffff", "2038-01-19T03:14:07Z"),
      ("ffffffff", "2106-02-07T06:28:15Z"), ("386d437f", "1999-12-31T23:59:59Z"),
      ("386d4380", "2000-01-01T00:00:00Z"), ("38bc5d7f", "2000-02-29T23:59:59Z"),
      // 30 bits of nanoseconds, 34 of seconds.
      ("0000000000000000", "1970-01-01T00:00:00Z"),
      ("0000000400000000", "1970-01-01T00:00:00.000000001Z"),
      ("773593fc00000000", "1970-01-01T00:00:00.499999999Z"),
      ("773594005e0be0ff", "2019-12-31T23:59:59.5Z"),
      ("ee6b27ffffffffff", "2514-05-30T01:53:03.999999999Z"),
      // 32 bits of nanoseconds, 64 of seconds.
      ("00000000ffffffffffffffff", "1969-12-31T23:59:59Z"),
      ("00000001ffffffffffffffff", "1969-12-31T23:59:59.000000001Z"),
      ("0000000000000000ffffffff", "2106-02-07T06:28:15Z"),
      ("00000000fffffff1868b8400", "0000-01-01T00:00:00Z"),
      ("000000000000003afff4417f", "9999-12-31T23:59:59Z"),
    ])
  func timestampIsRFC3339(data: String, text: String) {
    #expect(WireFormat.json.text(.ext(-1, bytes(hex: data))) == "\"\(text)\"")
  }

  /// No time, or none that RFC 3339 can say: an ext like any other.
  @Test(
    arguments: [
      ("", #"[-1,""]"#), ("61", #"[-1,"a"]"#), ("616161616161", #"[-1,"aaaaaa"]"#),
      // A second has no more than 999,999,999 nanoseconds.
      ("ee6b280000000000", "[-1,\"7msoAAAAAAA=\"]"),
      ("3b9aca000000000000000000", "[-1,\"O5rKAAAAAAAAAAAA\"]"),
      // A second before the year 0, one after 9999, and the first and last there are.
      ("00000000fffffff1868b83ff", "[-1,\"AAAAAP////GGi4P/\"]"),
      ("000000000000003afff44180", "[-1,\"AAAAAAAAADr/9EGA\"]"),
      ("000000008000000000000000", "[-1,\"AAAAAIAAAAAAAAAA\"]"),
      ("000000007fffffffffffffff", "[-1,\"AAAAAH//////////\"]"),
    ])
  func whatIsNoTimeIsAnExtension(data: String, text: String) {
    #expect(WireFormat.json.text(.ext(-1, bytes(hex: data))) == text)
  }
}
