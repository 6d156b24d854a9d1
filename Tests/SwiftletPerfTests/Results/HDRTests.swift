// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import SwiftletPerf

@Suite struct HDRTests {
  private func latencies(_ values: [UInt64]) -> Latencies {
    var latencies = Latencies()
    for value in values { latencies.note(value) }
    return latencies
  }

  @Test(arguments: [
    [], [0], [1], [2047, 2048, 2049], [1_000_000], [3_600_000_000_000, .max],
    (0..<4096).map { UInt64($0) }, (0..<42).map { 1 << UInt64($0) },
  ])
  func comesBackAsItWas(values: [UInt64]) throws {
    let before = latencies(values)
    let after = try #require(Latencies(encoded: before.encoded))
    #expect(after.totalCount == before.totalCount)
    #expect(after.encoded == before.encoded)
    for percentile in [0.0, 50, 99, 100] where !values.isEmpty {
      #expect(
        after.valuesAreEquivalent(
          after.valueAtPercentile(percentile), before.valueAtPercentile(percentile)))
    }
  }

  @Test func manyOfOneValue() throws {
    var before = Latencies()
    before.record(77, count: 1 << 40)
    let after = try #require(Latencies(encoded: before.encoded))
    #expect(after.countForValue(77) == 1 << 40)
  }

  /// By Python's hdrhistogram 0.10.8.
  @Test func readsWhatOthersWrote() throws {
    let text = "HISTFAAAACx4nJNpmSzMwMDAwwABzFCaEch0M9ixgMH+A1SA6TQ/0/48lt1fGJkAmi0IGQ=="
    let read = try #require(Latencies(encoded: text))
    let written = latencies([1, 1000, 123_456, 123_456, 5_000_000_000])
    #expect(read.totalCount == 5 && read.encoded == written.encoded)
  }

  @Test func damageIsNoticed() throws {
    let good = latencies([1, 1000, 123_456, 123_456, 5_000_000_000]).encoded
    #expect(Latencies(encoded: good) != nil)
    #expect(Latencies(encoded: "") == nil)
    #expect(Latencies(encoded: "<script>") == nil)
    var bytes = [UInt8](try #require(Data(base64Encoded: good)))
    for length in 0..<bytes.count {
      #expect(Latencies(encoded: Data(bytes[..<length]).base64EncodedString()) == nil)
    }
    // Whatever is changed: never a trap.
    for index in bytes.indices {
      for value: UInt8 in [0, 0x7f, 0xff] {
        let before = bytes[index]
        bytes[index] = value
        _ = Latencies(encoded: Data(bytes).base64EncodedString())
        bytes[index] = before
      }
    }
  }
}
