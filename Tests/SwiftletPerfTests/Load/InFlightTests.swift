// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct InFlightTests {
  /// What becomes of replies in this order, after so many messages.
  private func kinds(_ replies: [UInt64], of count: Int) -> [String] {
    var inFlight = InFlight(room: 1)
    for index in 0..<count { inFlight.add(scheduled: UInt64(index), sent: UInt64(1000 + index)) }
    return replies.map { reply in
      switch inFlight.answer(reply) {
      case .answers(let message):
        message.scheduled == reply && message.sent == 1000 + reply ? "answers" : "wrong"
      case .overtaken(let message): message.scheduled == reply ? "overtaken" : "wrong"
      case .duplicate: "duplicate"
      case .unknown: "unknown"
      }
    }
  }

  @Test func inOrder() {
    #expect(kinds([0, 1, 2], of: 3) == ["answers", "answers", "answers"])
  }

  @Test func twice() {
    #expect(kinds([0, 0], of: 2) == ["answers", "duplicate"])
    #expect(kinds([1, 1], of: 2) == ["answers", "duplicate"])
    #expect(kinds([0, 1, 0], of: 3) == ["answers", "answers", "duplicate"])
  }

  @Test func outOfOrder() {
    #expect(kinds([1, 0, 2], of: 3) == ["answers", "overtaken", "answers"])
    #expect(kinds([2, 0, 1], of: 3) == ["answers", "overtaken", "overtaken"])
  }

  @Test func neverSent() {
    #expect(kinds([3], of: 3) == ["unknown"])
    #expect(kinds([.max], of: 3) == ["unknown"])
  }

  /// Against a plain dictionary, with more in flight than there was room for.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func countsWhatIsUnderWay(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var inFlight = InFlight(room: 2)
    var waiting: Set<UInt64> = []
    for _ in 0..<2000 {
      if Bool.random(using: &random) || waiting.isEmpty {
        waiting.insert(inFlight.next)
        inFlight.add(scheduled: inFlight.next, sent: 0)
      } else {
        let sequence = UInt64.random(in: 0..<inFlight.next, using: &random)
        switch inFlight.answer(sequence) {
        case .answers(let message), .overtaken(let message):
          #expect(waiting.remove(sequence) != nil && message.scheduled == sequence)
        case .duplicate: #expect(!waiting.contains(sequence))
        case .unknown: Issue.record("\(sequence) was sent")
        }
      }
      #expect(inFlight.count == waiting.count)
      #expect(inFlight.oldest == waiting.min() ?? inFlight.next)
    }
  }
}
