// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletImages

@Suite struct ByteWriterTests {
  /// What Python's repr() prints.
  @Test(
    arguments: [
      (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-1, "-1.0"), (127, "127.0"), (0.1, "0.1"),
      (0.1 + 0.2, "0.30000000000000004"), (1 / 3, "0.3333333333333333"), (127.01, "127.01"),
      (100, "100.0"), (123_456.789, "123456.789"), (1e15, "1000000000000000.0"),
      (9_999_999_999_999_998, "9999999999999998.0"), (1e16, "1e+16"), (1.5e16, "1.5e+16"),
      (12_345_678_901_234_567_168, "1.2345678901234567e+19"), (1e22, "1e+22"), (1e100, "1e+100"),
      (1e-4, "0.0001"), (1.5e-4, "0.00015"), (1e-5, "1e-05"), (1.25e-7, "1.25e-07"),
      (1e-10, "1e-10"), (.leastNonzeroMagnitude, "5e-324"), (0x1p-1073, "1e-323"),
      (0x1p-1068, "3.16e-322"),
      (2.2250738585072014e-308, "2.2250738585072014e-308"), (0x1p-1030, "8.691694759794e-311"),
      (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (.infinity, "inf"),
      (-.infinity, "-inf"),
      (.nan, "nan"), (-.nan, "nan"), (9_007_199_254_740_992, "9007199254740992.0"),
      // Powers of two whose shortest digits are not those nearest to them.
      (0x1p-44, "5.684341886080802e-14"), (0x1p-1017, "7.120236347223045e-307"),
      (0x1p-788, "6.142758149716505e-238"),
    ] as [(Double, String)])
  func floatsArePythons(value: Double, text: String) {
    #expect(written { $0.python(value) } == text)
  }

  /// What numpy prints of a float32.
  @Test(
    arguments: [
      (0.1, "0.1"), (16_777_216, "16777216.0"), (1.0 / 3, "0.33333334"), (127.01, "127.01"),
      (3.4028235e38, "3.4028235e+38"), (.leastNonzeroMagnitude, "1e-45"),
      (.leastNormalMagnitude, "1.1754944e-38"),
      (0x1p-147, "6e-45"), (1e16, "1e+16"), (0.0001, "0.0001"), (0x1p-96, "1.2621775e-29"),
      (0x1p90, "1.2379401e+27"),
    ] as [(Float, String)])
  func singleFloatsAreNumpys(value: Float, text: String) {
    #expect(written { $0.python(Double(value), single: true) } == text)
  }

  @Test func everyFloatReadsBackTheSame() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { #expect(Double(written { $0.python(value) }) == value) }
      let single = Float(bitPattern: random.next())
      if single.isFinite {
        #expect(Float(written { $0.python(Double(single), single: true) }) == single)
      }
    }
  }

  @Test func integersAreWrittenWhole() {
    #expect(written { $0.integer(0) } == "0")
    #expect(written { $0.integer(-1) } == "-1")
    #expect(written { $0.integer(Int64.min) } == "-9223372036854775808")
    #expect(written { $0.integer(UInt64.max) } == "18446744073709551615")
    #expect(written { $0.digits(7, atLeast: 3) } == "007")
    #expect(written { $0.digits(12345, atLeast: 3) } == "12345")
  }

  /// Seconds since 1970 as `date -u -d` has them.
  @Test(
    arguments: [
      (0, 0, "1970-01-01T00:00:00.000000Z"),
      (951_782_399, 999_999_999, "2000-02-28T23:59:59.999999Z"),
      (951_782_400, 0, "2000-02-29T00:00:00.000000Z"),
      (951_868_800, 1000, "2000-03-01T00:00:00.000001Z"),
      (1_709_164_800, 0, "2024-02-29T00:00:00.000000Z"),
      (1_735_689_599, 0, "2024-12-31T23:59:59.000000Z"),
      (1_735_689_600, 0, "2025-01-01T00:00:00.000000Z"),
      (1_740_787_200, 123_456_789, "2025-03-01T00:00:00.123456Z"),
      (4_107_542_399, 0, "2100-02-28T23:59:59.000000Z"),
      (4_107_542_400, 0, "2100-03-01T00:00:00.000000Z"),
      (9_223_372_036, 0, "2262-04-11T23:47:16.000000Z"),
    ] as [(Int64, Int64, String)])
  func timestampsAreInUTC(seconds: Int64, nanoseconds: Int64, text: String) {
    #expect(written { $0.timestamp(seconds * 1_000_000_000 + nanoseconds) } == text)
  }
}
