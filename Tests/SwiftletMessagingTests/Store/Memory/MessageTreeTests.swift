// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct MessageTreeTests {
  private func record(
    expires: Milliseconds = 100, by poster: Identifier = .alice
  ) -> MessageRecord {
    MessageRecord(body: [1, 2, 3], created: 0, expires: expires, ttl: 0, poster: poster)
  }

  @Test func recordIsSmall() {
    #expect(MemoryLayout<MessageRecord>.stride == 64)
  }

  @Test func emptyTreeHasNothing() {
    let tree = MessageTree(garbage: Garbage())
    #expect(tree.first(from: 0, .live) == nil && tree.last == nil && tree.find(0) == nil)
    #expect(tree.free == 0 && tree.claimed == 0)
  }

  /// Gaps between sequence numbers make for many levels.
  @Test(arguments: [1, 3, 64, 65, 5000, 1 << 20, 1 << 36])
  func treeDoesWhatAListDoes(gap: UInt64) {
    struct Item {
      var sequence: UInt64
      var expires: Milliseconds
      var isFree = true
      var poster: Identifier
    }
    var random = SeededGenerator(state: gap)
    func number(_ range: Range<Int>) -> Int { .random(in: range, using: &random) }
    var tree = MessageTree(garbage: Garbage())
    var list: [Item] = []
    var (next, now): (UInt64, Milliseconds) = (1, 0)

    func found(from start: UInt64, freeOnly: Bool, notFrom: Identifier?) -> UInt64? {
      list.first {
        $0.sequence >= start && ($0.isFree || !freeOnly) && $0.poster != notFrom
      }?.sequence
    }

    for _ in 0..<2000 {
      let index = list.isEmpty ? nil : number(0..<list.count)
      switch (number(0..<100), index) {
      case (0..<50, _), (_, nil):
        let item = Item(
          sequence: next, expires: now + Int64(number(1..<200)),
          poster: number(0..<20) == 0 ? .bob : .alice)
        tree.append(record(expires: item.expires, by: item.poster), at: next)
        list.append(item)
        next += .random(in: 1...gap, using: &random)
      case (50..<65, let index?):
        #expect(tree.remove(list[index].sequence).expires == list[index].expires)
        list.remove(at: index)
      case (65..<80, let index?):
        list[index].isFree.toggle()
        tree.set(free: list[index].isFree, list[index].sequence)
      case (80..<85, let index?):
        list[index].expires += 100
        tree.find(list[index].sequence)?.record.pointee.expires += 100
        tree.extend(list[index].sequence, to: list[index].expires)
      case (85, _):
        list.removeAll(where: \.isFree)
        tree.removeFree()
      default:
        now += Int64(number(0..<4))
        list.removeAll { $0.expires <= now }
        tree.expire(now)
      }
      let start = index.map { list.count > $0 ? list[$0].sequence + 1 : next } ?? 0
      let client = [nil, Identifier.alice, .bob][number(0..<3)]
      for freeOnly in [true, false] {
        #expect(
          tree.first(from: start, MessageFilter(freeOnly: freeOnly, notFrom: client))?.sequence
            == found(from: start, freeOnly: freeOnly, notFrom: client))
      }
      #expect(tree.last?.sequence == list.last?.sequence)
      #expect(tree.free == list.count(where: \.isFree))
      #expect(tree.claimed == list.count { !$0.isFree })
      if let item = list.randomElement(using: &random) {
        let found = tree.find(item.sequence)
        #expect(found?.record.pointee.expires == item.expires && found?.isFree == item.isFree)
      }
    }
  }
}
