// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Testing

@Suite struct OutboundQueueTests {
  @Test func messagesLeaveInOrder() {
    var queue = OutboundQueue<Int>(limit: 10)
    #expect(queue.isEmpty && queue.first == nil)
    for number in 1...3 { queue.append(number, size: number) }
    #expect(queue.byteCount == 6 && queue.first == 1)
    let left = (0..<4).map { _ in queue.popFirst() }
    #expect(left == [1, 2, 3, nil] && queue.isEmpty && queue.byteCount == 0)
    queue.append(4, size: 4)
    queue.removeAll()
    #expect(queue.isEmpty && queue.byteCount == 0)
  }

  @Test func oldestAreDroppedDownToTheLimit() {
    var queue = OutboundQueue<Int>(limit: 10)
    for number in 1...5 { queue.append(number, size: 2) }
    #expect(!queue.isOverLimit)
    queue.append(6, size: 5)
    #expect(queue.isOverLimit)
    let dropped = queue.dropOldest()
    #expect(dropped == 3 && queue.byteCount == 9 && queue.first == 4)
  }

  @Test func oneMessageMayBeLargerThanTheLimit() {
    var queue = OutboundQueue<Int>(limit: 10)
    queue.append(1, size: 100)
    #expect(!queue.isOverLimit)
    queue.append(2, size: 1)
    let dropped = queue.dropOldest()
    #expect(dropped == 1 && queue.first == 2)
  }
}
