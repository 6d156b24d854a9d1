// SPDX-License-Identifier: Apache-2.0

import SwiftletTestSupport
import Testing

@testable import SwiftletServer

@Suite struct BufferPoolTests {
  private func withPool(_ body: (BufferPool) throws -> Void) rethrows {
    let pool = BufferPool()
    defer { pool.destroy() }
    try body(pool)
  }

  /// Buffers that lie in the pool.
  private func spare(_ pool: BufferPool) -> Int {
    (0..<BufferPool.shelfCount).reduce(0) { $0 + pool.shelves[$1].count }
  }

  @Test(arguments: [0, 1, 4031, 4032, 4033, 8128, 8129, 65_536, 1 << 20, (16 << 20) + 1])
  func takenBufferIsEmptyAndHasRoom(capacity: Int) {
    withPool { pool in
      let buffer = pool.take(capacity: capacity)
      #expect(buffer.room >= capacity)
      #expect(buffer.count == 0 && buffer.next == nil)
      #expect(Int(bitPattern: buffer.front) % 64 == 0)
      pool.give(buffer)
    }
  }

  @Test func bufferGivenBackIsTakenAgainAndEmpty() {
    withPool { pool in
      let buffer = pool.take(capacity: 5000)
      withUnsafeBytes(of: 42) { buffer.append($0.baseAddress!, 8) }
      buffer.start += 3
      pool.give(buffer)
      let again = pool.take(capacity: buffer.capacity)
      #expect(again.base == buffer.base)
      #expect(again.count == 0 && again.start == 0)
      pool.give(again)
    }
  }

  @Test func sizesOfOneClassShareBuffersAndOthersDoNot() {
    withPool { pool in
      let buffer = pool.take(capacity: 4100)
      pool.give(buffer)
      let smaller = pool.take(capacity: 4032)
      #expect(smaller.base != buffer.base)
      let same = pool.take(capacity: 8128)
      #expect(same.base == buffer.base)
      pool.give(smaller)
      pool.give(same)
    }
  }

  @Test func growingKeepsTheContentAndGivesTheOldBufferBack() {
    withPool { pool in
      let buffer = pool.take(capacity: 100)
      let bytes = pattern(100)
      buffer.append(bytes, bytes.count)
      buffer.start += 10
      let larger = pool.grow(buffer, capacity: 10_000)
      #expect(larger.count == 90 && larger.room >= 10_000 - 90)
      #expect(Array(UnsafeRawBufferPointer(start: larger.front, count: 90)) == Array(bytes[10...]))
      let old = pool.take(capacity: 100)
      #expect(old.base == buffer.base)
      pool.give(old)
      pool.give(larger)
    }
  }

  @Test func promiseBeyondWhatIsProvenGetsALargeBufferOnlyWhenOneLiesThere() {
    withPool { pool in
      let first = pool.take(promised: 1 << 20, unproven: 65_536)
      #expect(first.capacity < 1 << 20 && first.room >= 65_536)
      let large = pool.take(capacity: 1 << 20)
      pool.give(large)
      let second = pool.take(promised: 1 << 20, unproven: 65_536)
      #expect(second.base == large.base)
      pool.give(first)
      pool.give(second)
    }
  }

  @Test func smallPromiseIsNotRoundedUpToWhatIsUnproven() {
    withPool { pool in
      let buffer = pool.take(promised: 10, unproven: 65_536)
      #expect(buffer.capacity < 65_536)
      pool.give(buffer)
    }
  }

  @Test(arguments: [1 << 40, Int.max - 63, Int.max])
  func absurdPromiseIsNotBelieved(promised: Int) {
    withPool { pool in
      let buffer = pool.take(promised: promised, unproven: 65_536)
      #expect(buffer.room >= 65_536 && buffer.capacity < 1 << 20)
      pool.give(buffer)
    }
  }

  @Test func trimFreesOnlyWhatLayUnusedSinceTheLastOne() {
    withPool { pool in
      let buffers = (0..<4).map { _ in pool.take(capacity: 1000) }
      for buffer in buffers { pool.give(buffer) }
      pool.trim()
      #expect(spare(pool) == 4, "all were in use since the last trim")
      let one = pool.take(capacity: 1000)
      let two = pool.take(capacity: 1000)
      pool.give(one)
      pool.give(two)
      pool.trim()
      #expect(spare(pool) == 2, "two were needed at once")
      pool.trim()
      #expect(spare(pool) == 0)
    }
  }

  @Test func buffersInUseSurviveATrim() {
    withPool { pool in
      let buffer = pool.take(capacity: 100)
      let bytes = pattern(100)
      buffer.append(bytes, bytes.count)
      pool.trim()
      pool.trim()
      #expect(Array(UnsafeRawBufferPointer(start: buffer.front, count: 100)) == bytes)
      pool.give(buffer)
    }
  }
}
