// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct ModelTests {
  @Test(arguments: StoreKind.all, UInt64(1)...8)
  func storeAnswersAsTheModelDoes(kind: StoreKind, seed: UInt64) async throws {
    var random = SeededGenerator(state: seed)
    let operations = (0..<400).map { _ in Operation.random(by: &random) }
    guard let failure = try await ModelRun.failure(of: operations, kind) else { return }
    let least = try await shrunk(operations) {
      try await ModelRun.failure(of: $0, kind) != nil
    }
    let again = try await ModelRun.failure(of: least, kind) ?? failure
    Issue.record(
      """
      seed \(seed) fails, and so do these operations of it:
      \(least.map { "  \($0)" }.joined(separator: "\n"))
      \(again)
      """)
  }

  @Test func shrinkingFindsTheFewThatFail() async throws {
    let few = try await shrunk(Array(0..<1000)) { items in
      guard let three = items.firstIndex(of: 3) else { return false }
      return items[three...].contains(700) && items.contains(998)
    }
    #expect(few == [3, 700, 998])
  }
}

/// A part of a failing sequence that fails too, and does not when any one of it is left out. Zeller's
/// delta debugging: leaves out ever smaller pieces.
private func shrunk<Item>(
  _ items: [Item], fails: ([Item]) async throws -> Bool
) async throws -> [Item] {
  var items = items
  var size = max(items.count / 2, 1)
  while true {
    var start = 0
    var isSmaller = false
    while start < items.count {
      var less = items
      less.removeSubrange(start..<min(start + size, items.count))
      if try await fails(less) {
        items = less
        isSmaller = true
      } else {
        start += size
      }
    }
    if size == 1, !isSmaller { return items }
    size = max(size / 2, 1)
  }
}
