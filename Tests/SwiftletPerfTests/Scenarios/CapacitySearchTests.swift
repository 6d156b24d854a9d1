// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct CapacitySearchTests {
  /// Searches on a server that does well up to `capacity`; the rates that were tried.
  private func search(
    _ capacity: Double, from first: Double = 1000, within limits: ClosedRange<Double> = 1...1e6,
    best: inout Double?
  ) -> [Double] {
    var search = CapacitySearch(from: first, within: limits, precision: 1.05)
    var tried: [Double] = []
    while let rate = search.next {
      tried.append(rate)
      search.note(isWell: rate <= capacity)
      #expect(tried.count < 100)
      if tried.count == 100 { break }
    }
    best = search.best
    return tried
  }

  @Test(arguments: [1, 1.5, 700, 999, 1000, 1001, 5432, 123_456, 999_999] as [Double])
  func findsTheCapacity(capacity: Double) throws {
    var best: Double?
    let tried = search(capacity, best: &best)
    let found = try #require(best)
    #expect(found <= capacity && capacity < 1.05 * found)
    #expect(tried.count < 30)
    // Never the same twice.
    #expect(Set(tried).count == tried.count)
  }

  @Test func endsAtTheLimits() {
    var best: Double?
    let tried = search(1e9, best: &best)
    #expect(best == 1e6 && tried.last == 1e6)
    _ = search(0.5, best: &best)
    #expect(best == nil)
  }
}
