// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Testing

@testable import swiftlet

@Suite struct RhythmTests {
  @Test(arguments: [1, 3, 7, 64, 999, 1000, 48_000, 999_983, 1_000_000])
  func messageIsDueFromItsTimeOnAndNotBefore(rate: Int) {
    let rhythm = Rhythm(rate: rate)
    let far = UInt64(rate) * 100_000_000
    for base in [0, UInt64(rate), 12345, far] {
      for sequence in (base + 1)...(base + 500) {
        let due = rhythm.due(sequence)
        #expect(rhythm.latest(at: due) == sequence)
        #expect(rhythm.latest(at: due - 1) == sequence - 1)
      }
    }
    #expect(rhythm.due(0) == 0 && rhythm.latest(at: 0) == 0)
  }

  @Test func messagesOfASecondFillIt() {
    for rate in [1, 30, 1_000_000] {
      let rhythm = Rhythm(rate: rate)
      #expect(rhythm.due(UInt64(rate)) == 1_000_000_000)
      #expect(rhythm.latest(at: 999_999_999) == UInt64(rate) - 1)
    }
  }
}
