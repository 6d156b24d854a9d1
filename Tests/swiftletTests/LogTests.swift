// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Testing

@testable import swiftlet

@Suite struct LogTests {
  private func record(
    _ message: String, _ metadata: Logger.Metadata = [:], seconds: Int = 0, nanoseconds: Int = 0
  ) -> LogRecord {
    LogRecord(
      time: timespec(tv_sec: seconds, tv_nsec: nanoseconds), level: .warning, label: "swiftlet",
      message: message, metadata: metadata)
  }

  @Test(
    arguments: [
      (0, 0, "1970-01-01T00:00:00.000Z"), (951_827_696, 999_999_999, "2000-02-29T12:34:56.999Z"),
      (4_102_444_800, 5_000_000, "2100-01-01T00:00:00.005Z"),
    ])
  func timesAreRFC3339(seconds: Int, nanoseconds: Int, text: String) {
    #expect(record("", seconds: seconds, nanoseconds: nanoseconds).timestamp == text)
  }

  @Test func textIsOneLineWithKeysBehind() {
    let line = record("hello", ["b": "x y", "a": "plain", "c": "q\"\\"]).line(.text)
    #expect(
      line == "1970-01-01T00:00:00.000Z warning swiftlet: hello a=plain b=\"x y\" c=\"q\\\"\\\\\"\n"
    )
  }

  static let hostile = [
    "a\nb", "a\r\nb", "\u{1B}[31mred", "\0", "\u{7F}", "\u{85}", "\u{2028}", "\u{202E}abc",
    "\u{FEFF}",
    "\"}\n{\"level\":\"error", "\\", "😀é",
    String(decoding: [0xFF, 0xC0, 0x80] as [UInt8], as: UTF8.self),
    "\u{E0001}", "",
  ]

  @Test(arguments: hostile)
  func nothingEndsALineEarly(text: String) {
    for format in LogFormat.allCases {
      let line = record(text, [text: .string(text), "n": ["k": [.string(text)]]]).line(format)
      let isHarmless = line.unicodeScalars.dropLast().allSatisfy { $0.isHarmless }
      #expect(isHarmless)
      #expect(line.hasSuffix("\n"))
    }
  }

  @Test(arguments: hostile)
  func jsonSaysWhatWasSaid(text: String) throws {
    let line = record(
      text,
      [
        "a": .string(text), "level": "mine", "list": [.string(text), "x"],
        "map": .dictionary([text: .string(text)]), "n": .stringConvertible(7),
        "yes": .stringConvertible(true),
      ]
    ).line(.json)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["message"] as? String == text)
    #expect(object["a"] as? String == text)
    #expect(object["level"] as? String == "warning" && object["level_"] as? String == "mine")
    #expect(object["list"] as? [String] == [text, "x"])
    #expect(object["map"] as? [String: String] == [text: text])
    #expect(object["n"] as? Int == 7 && object["yes"] as? Bool == true)
  }
}
