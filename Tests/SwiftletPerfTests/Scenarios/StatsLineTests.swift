// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Testing

@testable import SwiftletPerf

@Suite struct StatsLineTests {
  private let statistics = ImageStatistics(
    count: 6, min: 3, max: 250, sum: 0, mean: 84.16666666666667, variance: 0, median: 40.5)

  private func agrees(_ text: String) -> Bool {
    StatsLine(text)?.agrees(with: statistics, bytes: 6) ?? false
  }

  @Test(arguments: [
    "Received: 6, (2, 3), 250, 3, 84.16666666666667, 40.5",
    "Received: 6, (6,), 250, 3, 84.16666666666667, 40.5",
    "Received: 6, (6,), 250, 3, 84.17, 40.5", "Received: 6, (6,), 250.0, 3.0, 84.1667, 40.5",
  ])
  func rightOnes(text: String) { #expect(agrees(text)) }

  @Test(arguments: [
    "Received: 6", "Received: 7, (6,), 250, 3, 84.17, 40.5",
    "Received: 6, (2, 2), 250, 3, 84.17, 40.5", "Received: 6, (6,), 3, 250, 84.17, 40.5",
    "Received: 6, (6,), 250, 3, 84.2, 40.5", "Received: 6, (6,), 250, 3, 84.17, 40",
    "Received: 6, (6,), 250, 3, 84.1666666, 40.5", "Received: 6, (6,), 250, 3, 84.17",
    "Received: 6, (6,), 250, 3, nan, 40.5", "Received: 6, (x,), 250, 3, 84.17, 40.5", "Error: no",
    "Received: 6), (, 250", "Received: 6, (9223372036854775807, 3), 250, 3, 84.17, 40.5", "",
  ])
  func wrongOnes(text: String) { #expect(!agrees(text)) }

  @Test func acknowledgements() {
    #expect(StatsLine("Received: 480000")?.acknowledges(480_000) == true)
    #expect(StatsLine("Received: 480000")?.acknowledges(480_001) == false)
    #expect(StatsLine("Received: 6, (6,), 250, 3, 84.17, 40.5")?.acknowledges(6) == false)
  }
}
