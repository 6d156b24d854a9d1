// SPDX-License-Identifier: Apache-2.0

import SwiftletTestSupport
import Testing

@testable import SwiftletMessaging

@Suite struct ConcurrencyTests {
  private func post(_ store: TestStore, posters: Int, posts: Int) async throws {
    try await withThrowingTaskGroup { group in
      for poster in 0..<posters {
        group.addTask {
          for post in 0..<posts {
            try await store.post(["\(poster)-\(post)a", "\(poster)-\(post)b"])
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test(arguments: StoreKind.all)
  func observerHearsOfPostsInTheQueuesOrder(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let heard = EventLog<Identifier>()
      store.store.observePosts { _, messages in for message in messages { heard.add(message.id) } }
      try await post(store, posters: 4, posts: 100)
      let listed = try #require(try await store.list(limit: 1000))
      #expect(listed.count == 800)
      #expect(heard.all == listed.map(\.id))
      for poster in 0..<4 {
        let own = listed.texts.filter { $0.hasPrefix("\(poster)-") }
        #expect(own == (0..<100).flatMap { ["\(poster)-\($0)a", "\(poster)-\($0)b"] })
      }
    }
  }

  @Test(arguments: StoreKind.all)
  func messageIsHandedToOneOfManyWorkers(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      try await post(store, posters: 2, posts: 100)
      let taken = try await withThrowingTaskGroup(of: [String].self) { group in
        for worker in 0..<4 {
          group.addTask {
            worker % 2 == 0 ? try await claimAll(store) : try await popAll(store)
          }
        }
        // More arrives while they work.
        try await post(store, posters: 2, posts: 100)
        return try await group.reduce(into: []) { $0 += $1 }
      }
      let left = try await claimAll(store)
      #expect((taken + left).count == 800)
      #expect(Set(taken + left).count == 400, "each text was posted twice")
      #expect(try await store.statistics() == QueueStatistics(claimed: 0, free: 0))
    }
  }

  private func claimAll(_ store: TestStore) async throws -> [String] {
    var taken: [String] = []
    while case let claim = try await store.createClaim(limit: 3), let id = claim.id,
      !claim.messages.isEmpty
    {
      taken += claim.messages.texts
      for message in claim.messages {
        #expect(try await store.delete(message.id, .claim(id)) == .done)
      }
      try await store.deleteClaim(id)
    }
    return taken
  }

  private func popAll(_ store: TestStore) async throws -> [String] {
    var taken: [String] = []
    while case let messages = try await store.pop(3), !messages.isEmpty { taken += messages.texts }
    return taken
  }

  /// A connection's answers keep the order of its requests.
  @Test(arguments: StoreKind.all)
  func completionsOfOneThreadRunInTheOrderOfItsCalls(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let answered = EventLog<Int>()
      let message = NewMessage(ttl: nil, body: [0xc0])
      for call in 0..<300 {
        switch call % 3 {
        case 0:
          store.store.post([message], to: .q, client: .alice, size: 1) { _ in answered.add(call) }
        case 1: store.store.statistics(of: .q) { _ in answered.add(call) }
        default: store.store.pop(1, from: .q) { _ in answered.add(call) }
        }
      }
      let all = try answered.wait(for: 300)
      #expect(all == Array(0..<300))
    }
  }
}
