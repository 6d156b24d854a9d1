// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct SortedSetTests {
  @Test func setIsInOrder() {
    var random = SeededGenerator(state: 1)
    var set = SortedSet<Int>()
    var plain = Set<Int>()
    for step in 0..<6000 {
      let element = Int.random(in: 0..<3000, using: &random)
      #expect(set.contains(element) == plain.contains(element))
      // Grows first, and then shrinks again.
      if plain.contains(element) {
        if step > 3000 || step % 4 == 0 {
          set.remove(element)
          plain.remove(element)
        }
      } else if step < 4000 {
        set.insert(element)
        plain.insert(element)
      }
    }
    var listed: [Int] = []
    while let next = set.next(after: listed.last ?? -1) { listed.append(next) }
    #expect(listed == plain.sorted())
    for bound in stride(from: 0, to: 3000, by: 7) {
      #expect(set.next(after: bound) == listed.first { $0 > bound })
    }
  }
}
