// SPDX-License-Identifier: Apache-2.0

import SwiftletTestSupport
import Testing

@testable import SwiftletServer

@Suite struct BrakeTests {
  private let brake = Brake<Int>()
  private let looks = EventLog<String>()

  private func holds(_ publisher: String, but own: Int) -> Bool {
    brake.holds(where: { $0 != own }, { [looks] in looks.add(publisher) })
  }

  @Test func nobodyWaitsWithoutACause() {
    #expect(!brake.isOn && !holds("a", but: 0))
    brake.pull(1)
    #expect(brake.isOn && !holds("a", but: 1))
    brake.release(1)
    #expect(!brake.isOn && looks.all.isEmpty)
  }

  @Test func whoWaitsLooksAgainAtEveryEnd() {
    brake.pull(1)
    brake.pull(2)
    #expect(holds("a", but: 0) && holds("b", but: 1))
    brake.release(2)
    #expect(looks.all == ["a", "b"] && brake.isOn)
    // Each is called once for a wait.
    #expect(holds("a", but: 0) && !holds("b", but: 1))
    brake.release(1)
    #expect(looks.all == ["a", "b", "a"] && !brake.isOn)
  }

  @Test func causeIsOneHoweverOftenItIsPulled() {
    brake.pull(1)
    brake.pull(1)
    #expect(holds("a", but: 0))
    brake.release(1)
    brake.release(1)
    #expect(!brake.isOn && looks.all == ["a"])
  }
}
