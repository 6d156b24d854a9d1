// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct CalibrationTests {
  private func point(_ connections: Int, mean: Double) -> Calibration.Point {
    Calibration.Point(connections: connections, rate: 1, mean: mean, p50: mean, p99: mean)
  }

  @Test func theLineIsThatOfTheLeastSquares() {
    let exact = Calibration(points: [10, 20, 50].map { point($0, mean: 500 + 30 * Double($0)) })
    #expect(abs(exact.perConnection - 30) < 1e-9 && abs(exact.fixed - 500) < 1e-9)
    // By hand: slope 1.4, intercept 1.5.
    let noisy = Calibration(points: [
      point(1, mean: 3), point(2, mean: 4), point(3, mean: 6), point(4, mean: 7),
    ])
    #expect(abs(noisy.perConnection - 1.4) < 1e-9 && abs(noisy.fixed - 1.5) < 1e-9)
    let single = Calibration(points: [point(1, mean: 70)])
    #expect(single.perConnection == 0 && single.fixed == 70)
  }

  @Test func countsEndAtTheMost() {
    #expect(Calibration.counts(upTo: 1) == [1])
    #expect(Calibration.counts(upTo: 2) == [1, 2])
    #expect(Calibration.counts(upTo: 1000) == [1, 250, 500, 1000])
  }
}
