// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct AxisTests {
  private func labels(_ axis: Axis, atMost count: Int = 8) -> [String] {
    axis.ticks(atMost: count).map(\.label)
  }

  @Test func linearAxesHaveRoundTicks() {
    let axis = Axis.linearFromZero("", .count(""), over: [3, 4700])
    #expect(axis.low == 0 && axis.high == 6000)
    #expect(labels(axis) == ["0", "1k", "2k", "3k", "4k", "5k", "6k"])
    #expect(labels(axis, atMost: 3) == ["0", "2k", "4k", "6k"])
    #expect(axis.place(0) == 0 && axis.place(3000) == 0.5 && axis.place(6000) == 1)
  }

  @Test func belowZeroIsShownToo() {
    let axis = Axis.linearFromZero("", .count(""), over: [-3, 7])
    #expect(axis.low <= -3 && axis.high >= 7)
    #expect(labels(axis).contains("0"))
  }

  @Test func timesHaveTheirUnits() {
    #expect(
      labels(.logarithmic("", .time, over: [900, 3e6])) == ["1 µs", "10 µs", "100 µs", "1 ms"])
    #expect(
      labels(.logarithmic("", .time, over: [110_000, 900_000]))
        == ["100 µs", "200 µs", "500 µs", "1 ms"])
    #expect(labels(.linear("", .time, over: [0, 3e9]), atMost: 3) == ["0", "1 s", "2 s", "3 s"])
  }

  @Test func logarithmicAxesHoldAllValues() {
    for value in [1e-9, 0.003, 1, 7, 1e3, 4.2e12] {
      let axis = Axis.logarithmic("", .count(""), over: [value])
      #expect(axis.low <= value && axis.high >= value && axis.low < axis.high)
      #expect((0...1).contains(axis.place(value)))
      #expect(axis.ticks(atMost: 4).count >= 1)
    }
  }

  @Test func percentilesAreAtEqualDistancesByNines() {
    let axis = Axis.percentile("", count: 10_000)
    #expect(labels(axis, atMost: 9) == ["0", "50", "90", "99", "99.9", "99.99"])
    #expect(labels(axis, atMost: 5) == ["0", "90", "99", "99.9", "99.99"])
    #expect(labels(axis, atMost: 3) == ["0", "99", "99.99"])
    #expect(axis.place(0) == 0)
    #expect(abs(axis.place(0.99) - 0.5) < 1e-9 && abs(axis.place(0.999) - 0.75) < 1e-9)
    #expect(axis.place(1) == 1)
  }

  @Test(arguments: [[], [0], [-1], [Double.nan], [.infinity], [5, 5], [1e-300], [1e300]])
  func whateverTheValuesPlacesAreWithinTheAxis(values: [Double]) {
    let axes: [Axis] = [
      .linear("", .time, over: values), .linearFromZero("", .time, over: values),
      .logarithmic("", .time, over: values), .logarithmicCounts("", over: values),
    ]
    for axis in axes {
      #expect(axis.low < axis.high && axis.high.isFinite)
      for value in values + [0, 1, 1e9] where value.isFinite {
        #expect((0...1).contains(axis.place(value)))
      }
      #expect(axis.ticks(atMost: 6).count <= 8)
    }
  }

  @Test func quantitiesInWords() {
    #expect(Unit.time.text(8_700_000) == "8.70 ms")
    #expect(Unit.time.text(930_000) == "930 µs")
    #expect(Unit.time.text(17) == "17 ns")
    #expect(Unit.time.text(999_600) == "1.00 ms")
    #expect(Unit.time.text(1_234_000_000_000) == "1234 s")
    #expect(Unit.bytes.text(25_300_000_000) == "25.3 GB")
    #expect(Unit.rate.text(41_695.4) == "41,695/s")
    #expect(Unit.share.text(0.9996) == "100 %")
    #expect(Unit.count("connections").text(1_234_567) == "1,234,567 connections")
    #expect(Unit.count("").text(-0.25) == "-0.25")
    #expect(Unit.time.text(.nan) == "nan")
    #expect("-123456".grouped == "-123,456")
  }
}
