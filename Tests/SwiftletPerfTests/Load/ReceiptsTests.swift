// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

@Suite struct ReceiptsTests {
  @Test func messagesInOrderAreNew() {
    var receipts = Receipts(from: 0)
    for number in 0..<100 { #expect(receipts.note(UInt64(number)) == .new) }
    #expect(receipts.missingCount == 0)
  }

  @Test func theFirstMayBeAnyWhereNoneIsGiven() {
    var receipts = Receipts(from: nil)
    #expect(receipts.note(7) == .new)
    #expect(receipts.missingCount == 0)
    #expect(receipts.note(6) == .duplicate)
    #expect(receipts.note(8) == .new)
  }

  @Test func aMessageBehindAGapIsLateOnceAndThenADuplicate() {
    var receipts = Receipts(from: 0)
    #expect(receipts.note(3) == .new)
    #expect(receipts.missingCount == 3)
    #expect(receipts.note(1) == .late)
    #expect(receipts.note(1) == .duplicate)
    #expect(receipts.note(3) == .duplicate)
    #expect(receipts.missingCount == 2)
  }

  @Test func aGapOfAnyWidthIsCounted() {
    var receipts = Receipts(from: 0)
    #expect(receipts.note(1 << 61) == .new)
    #expect(receipts.missingCount == 1 << 61)
    #expect(receipts.note(9_999) == .late)
    receipts.forget()
    #expect(receipts.missingCount == 0)
    #expect(receipts.note((1 << 61) + 1) == .new)
  }
}
