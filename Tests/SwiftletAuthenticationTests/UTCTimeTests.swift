// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import SwiftletAuthentication

@Suite struct UTCTimeTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:01", 1), ("1969-12-31T23:59:59Z", -1),
    ("2000-02-29T12:00:00+00:00", 951_825_600), ("2035-08-05T15:16:33", 2_069_939_793),
    ("2035-08-05 15:16:33.999999999", 2_069_939_793), ("2035-08-05t17:16:33+0200", 2_069_939_793),
    ("2035-08-05T09:46:33-05:30", 2_069_939_793), ("2035-08-05T16:16:33+01", 2_069_939_793),
    ("9999-12-31T23:59:59Z", 253_402_300_799), ("0000-03-01T00:00:00Z", -62_162_035_200),
    ("2016-12-31T23:59:60Z", 1_483_228_800),
  ])
  func timesAreRead(text: String, seconds: Int64) {
    #expect(UTCTime(iso8601: text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "soon", "2035", "2035-08-05", "2035-8-05T15:16:33", "2035-13-05T15:16:33",
    "2035-00-05T15:16:33", "2035-04-31T15:16:33", "2035-02-29T15:16:33", "1900-02-29T00:00:00",
    "2035-08-00T15:16:33", "2035-08-05T24:00:00", "2035-08-05T15:60:33", "2035-08-05T15:16:61",
    "2035-08-05T15:16:33.", "2035-08-05T15:16:33.Z", "2035-08-05T15:16:33Zulu",
    "2035-08-05T15:16:33+", "2035-08-05T15:16:33+1", "2035-08-05T15:16:33+24:00",
    "2035-08-05T15:16:33+01:60", "2035-08-05T15:16:33 Z", " 2035-08-05T15:16:33",
    "+035-08-05T15:16:33", "２035-08-05T15:16:33", "12035-08-05T15:16:33",
  ])
  func whatIsNoTimeIsNotRead(text: String) { #expect(UTCTime(iso8601: text) == nil) }

  @Test func rfc3339HasAZone() {
    #expect(UTCTime(rfc3339: "2035-08-05T15:16:33Z") != nil)
    #expect(UTCTime(rfc3339: "2035-08-05T15:16:33.5-05:30") != nil)
    for text in ["2035-08-05T15:16:33", "2035-08-05T15:16:33+01", "2035-08-05T15:16:33+0100"] {
      #expect(UTCTime(rfc3339: text) == nil)
    }
  }

  @Test func timesAreWrittenAsTheyAreRead() {
    let format = ISO8601DateFormatter()
    var seconds = UTCTime.last.seconds
    while seconds > -62_167_219_200 {
      let text = UTCTime(seconds: seconds).text
      #expect(UTCTime(iso8601: text)?.seconds == seconds)
      // Foundation's calendar is another one before 1582.
      if seconds > -12_000_000_000 {
        #expect(text + "Z" == format.string(from: Date(timeIntervalSince1970: Double(seconds))))
      }
      seconds -= 86_400 * 97 + 12_345
    }
  }
}
