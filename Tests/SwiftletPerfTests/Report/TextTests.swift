// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct ReportTests {
  @Test func medians() {
    #expect(Spread(of: [3]).median == 3)
    #expect(Spread(of: [9, 1, 2]).median == 2)
    let even = Spread(of: [4, 1, 8, 2])
    #expect(even.median == 3 && even.minimum == 1 && even.maximum == 8)
  }

  @Test func decimals() {
    #expect(1.005.rounded(toPlaces: 0) == "1")
    #expect(0.05.rounded(toPlaces: 1) == "0.1")
    #expect(12.0456.rounded(toPlaces: 2) == "12.05")
    #expect((-1.25).rounded(toPlaces: 1) == "-1.3")
    #expect((-0.01).rounded(toPlaces: 1) == "0.0")
    #expect(0.012345.rounded(toDigits: 3) == "0.0123")
    #expect(9.876.rounded(toDigits: 3) == "9.88")
    #expect(9.996.rounded(toDigits: 3) == "10.0")
    #expect(12345.6.rounded(toDigits: 3) == "12346")
    #expect(Double.infinity.rounded(toDigits: 3) == "inf")
  }

  @Test func tables() {
    var table = Table(head: ["name", "size", "GB/s"])
    table.add(["a", "10 B", "1.5"])
    #expect(table.text == "name  size  GB/s\na     10 B   1.5\n")
  }

  @Test func groupedDigits() {
    #expect(inBytes(20) == "20 B")
    #expect(inBytes(1024) == "1,024 B")
    #expect(inBytes(33_177_600) == "33,177,600 B")
  }

  @Test func charts() {
    let svg = BarChart(
      title: "C & Swift",
      bars: [
        .init(group: "unmask", label: "20 B", value: 0.5),
        .init(group: "unmask", label: "<1 KiB>", value: 4),
      ]
    ).svg
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(svg.contains("C &amp; Swift") && svg.contains("&lt;1 KiB&gt;"))
    #expect(svg.components(of: "<rect") == 2)
    // From 0.5 to 5, 1 lies at 300 + 480 · log 2 / log 10: one bar ends there, the other begins.
    #expect(svg.contains("<rect x=\"300\" y=\"83\" width=\"144.5\""))
    #expect(svg.contains("<rect x=\"444.5\" y=\"101\" width=\"289\""))
  }
}

extension String {
  fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
