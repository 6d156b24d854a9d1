// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

@testable import SwiftletPerf

@Suite struct MessageLogTests {
  @Test func aFullRingCountsWhatItDoesNotTake() {
    let ring = MessageRing()
    for number: UInt64 in 0..<70_000 {
      ring.note(.init(scheduled: number, sent: number, replied: number))
    }
    #expect(ring.missed.load(ordering: .relaxed) == 70_000 - 65_536)
    var next: UInt64 = 0
    let count = ring.drain {
      #expect($0.scheduled == next)
      next += 1
    }
    #expect(count == 65_536)
    ring.note(.init(scheduled: 7, sent: 8, replied: 9))
    var replies: [UInt64] = []
    let rest = ring.drain { replies.append($0.replied) }
    #expect(rest == 1 && replies == [9])
    let nothing = ring.drain { _ in }
    #expect(nothing == 0)
  }

  @Test func linesAreInSeconds() {
    let entry = MessageRing.Entry(
      scheduled: 3_000_000_500, sent: 3_000_001_000, replied: 5_000_001_000)
    var json = MessageLines(.jsonLines)
    json.add(entry, 3_000_000_000)
    #expect(
      String(decoding: json.text, as: UTF8.self)
        == "{\"time\":0.000000500,\"send\":0.000000500,\"recv\":2.000000000,"
        + "\"total\":2.000000500,\"idx\":0}\n")
    var csv = MessageLines(.csv)
    // Due before the measured time began.
    csv.add(entry, 4_000_000_000)
    csv.add(Run.MessageTimes(idx: 12, time: 0.25, send: 0.001, recv: 0.002, total: 0.003))
    #expect(
      String(decoding: csv.text, as: UTF8.self)
        == "time,send,recv,total,idx\n"
        + "-0.999999500,0.000000500,2.000000000,2.000000500,0\n"
        + "0.250000000,0.001000000,0.002000000,0.003000000,12\n")
  }
}
