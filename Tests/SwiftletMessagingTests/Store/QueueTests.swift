// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct QueueTests {
  @Test(arguments: StoreKind.all)
  func createMakesAQueueOnceAndKeepsItsMetadata(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      #expect(try await store.metadata() == nil)
      let isMade = try await store.create(.q, QueueMetadata(packed: [0x81, 0xa1, 0x61, 1]))
      #expect(isMade)
      #expect(try await !store.create(.q, .none))
      #expect(try await store.metadata() == [0x81, 0xa1, 0x61, 1])
      #expect(try await store.metadata(.foreign) == nil)
    }
  }

  @Test(arguments: StoreKind.all)
  func updateReplacesTheMetadataOfAQueueThatIsThere(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      #expect(try await !store.update(.q, .none))
      #expect(try await store.metadata() == nil)
      _ = try await store.create()
      #expect(
        try await store.update(.q, QueueMetadata(packed: [0x81, 0xa1, 0x61, 1], defaultTTL: 99)))
      #expect(try await store.metadata() == [0x81, 0xa1, 0x61, 1])
      #expect(try await store.limits().defaultTTL == 99)
    }
  }

  @Test(arguments: StoreKind.all)
  func postLimitsAndSubscriptionsMakeQueuesAndNothingElseDoes(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      _ = try await store.list()
      _ = try await store.pop()
      _ = try await store.createClaim()
      _ = try await store.statistics()
      _ = try await store.subscriptions()
      try await store.purge(messages: true, subscriptions: true)
      try await store.delete()
      #expect(try await store.queues() == [])
      try await store.post(["a"], to: QueueKey(project: "p", name: "posted"))
      _ = try await store.limits(QueueKey(project: "p", name: "asked"))
      _ = try await store.subscribe("ws-connection:1", to: QueueKey(project: "p", name: "heard"))
      #expect(try await store.queues() == ["asked", "heard", "posted"])
      #expect(try await store.metadata(QueueKey(project: "p", name: "posted")) == [0x80])
    }
  }

  @Test(arguments: StoreKind.all)
  func queuesAreListedByNameAsText(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      for name in ["b", "a", "B", "_", "a.b", "a-b", "10", "9"] {
        _ = try await store.create(QueueKey(project: "p", name: name))
      }
      _ = try await store.create(.foreign)
      _ = try await store.create(QueueKey(project: "o", name: "zz"))
      let all = ["10", "9", "B", "_", "a", "a-b", "a.b", "b"]
      #expect(try await store.queues() == all)
      #expect(try await store.queues(limit: 3) == ["10", "9", "B"])
      #expect(try await store.queues(after: "B", limit: 2) == ["_", "a"])
      #expect(try await store.queues(after: "a,") == ["a-b", "a.b", "b"])
      #expect(try await store.queues(after: "b") == [])
      #expect(try await store.queues("nobody") == [])
      let detailed = try await store.answer {
        store.store.listQueues(project: "p2", after: nil, limit: 20, $0)
      }
      #expect(detailed.map(\.metadata) == [[0x80]])
    }
  }

  @Test(arguments: StoreKind.all)
  func pagingByNameGoesThroughAllQueues(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let names = (0..<1200).map { "q\($0 * 7919 % 1200)" }
      for name in names { _ = try await store.create(QueueKey(project: "p", name: name)) }
      for name in names.prefix(300) {
        try await store.delete(queue: QueueKey(project: "p", name: name))
      }
      var seen: [String] = []
      while case let page = try await store.queues(after: seen.last, limit: 7), !page.isEmpty {
        seen += page
      }
      #expect(seen == names.dropFirst(300).sorted())
    }
  }

  /// Two spellings of one letter: equal as Swift compares text, not as bytes.
  @Test(arguments: StoreKind.all)
  func projectsAreComparedByBytes(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let composed = QueueKey(project: "caf\u{E9}", name: "q")
      let decomposed = QueueKey(project: "cafe\u{301}", name: "q")
      try await store.post(["secret"], to: composed)
      #expect(try await store.list(decomposed) == nil)
      #expect(try await store.queues(decomposed.project) == [])
      #expect(try await store.queues(composed.project) == ["q"])
    }
  }

  @Test(arguments: StoreKind.all)
  func limitsAreTheQueuesOwnOrTheServices(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      #expect(try await store.limits() == QueueLimits(maxPostSize: nil, defaultTTL: 3600))
      _ = try await store.create(
        .other, QueueMetadata(packed: [0x80], defaultTTL: 120, maxPostSize: 10))
      #expect(try await store.limits(.other) == QueueLimits(maxPostSize: 10, defaultTTL: 120))
    }
  }

  @Test(arguments: StoreKind.all)
  func deletedQueueIsGoneWithMessagesAndClaims(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b"])
      let claim = try #require(try await store.createClaim(limit: 1).id)
      try await store.delete(queue: .q)
      try await store.delete(queue: .q)
      #expect(try await store.queues() == [])
      #expect(try await store.list() == nil)
      #expect(try await store.messages(ids) == nil)
      #expect(try await store.claim(claim) == nil)
      #expect(try await store.statistics() == nil)
    }
  }

  @Test(arguments: StoreKind.all)
  func idsOfADeletedQueueMeanNothingToTheNextOfThatName(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let old = try await store.post(["a", "b", "c"])
      let claim = try #require(try await store.createClaim().id)
      try await store.delete(queue: .q)
      let new = try await store.post(["x", "y", "z"])
      #expect(Set(old).isDisjoint(with: new))
      #expect(try await store.messages(old) == [])
      #expect(try await store.delete(old[1]) == .done)
      try await store.delete(old)
      try await store.deleteClaim(claim)
      #expect(try await store.list(after: old[1])?.texts == ["x", "y", "z"])
      let fresh = try await store.createClaim(limit: 1)
      #expect(fresh.id != claim)
      #expect(try await store.delete(new[0], .claim(claim)) == .noSuchClaim)
    }
  }

  // MARK: Statistics

  @Test(arguments: StoreKind.all)
  func statisticsCountLiveMessagesOnly(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      #expect(try await store.statistics() == nil)
      _ = try await store.create()
      #expect(try await store.statistics() == QueueStatistics(claimed: 0, free: 0))
      let ids = try await store.post(["a"], ttl: 60) + store.post(["b", "c", "d"], ttl: 1000)
      let claim = try await store.createClaim(ttl: 60, grace: 60, limit: 2)
      var found = try #require(try await store.statistics())
      #expect(found.claimed == 2 && found.free == 2)
      #expect(found.oldest?.id == ids[0] && found.oldest?.claim == claim.id)
      #expect(found.oldest?.claimCount == 1)
      #expect(found.newest?.id == ids[3] && found.newest?.claim == nil)

      store.clock.advance(seconds: 60)
      found = try #require(try await store.statistics())
      #expect(found.claimed == 0 && found.free == 4 - 1)
      // Posted just when the claim began, "a" ended with it: its life was not raised.
      #expect(found.oldest?.id == ids[1])
      #expect(found.oldest?.claim == claim.id, "the last claim that held it")

      store.clock.advance(seconds: 940)
      #expect(try await store.statistics() == QueueStatistics(claimed: 0, free: 0))
    }
  }

  // MARK: Purge

  @Test(arguments: StoreKind.all)
  func purgeLeavesClaimedMessages(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post((0..<200).map { "\($0)" })
      let claim = try #require(try await store.createClaim(limit: 3).id)
      let subscription = try #require(try await store.subscribe("ws-connection:1"))
      try await store.purge(messages: true)
      #expect(try await store.list(includesClaimed: true)?.map(\.id) == Array(ids[..<3]))
      #expect(try await store.subscription(subscription) != nil)
      try await store.deleteClaim(claim)
      #expect(try await store.list()?.map(\.id) == Array(ids[..<3]))
      try await store.purge()
      #expect(try await store.list()?.count == 3)
    }
  }

  @Test(arguments: StoreKind.all)
  func purgeTakesAllSubscriptionsOfTheQueue(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      for number in 0..<15 { _ = try await store.subscribe("ws-connection:\(number)") }
      _ = try await store.subscribe("ws-connection:0", to: .other)
      try await store.post(["a"])
      try await store.purge(subscriptions: true)
      #expect(try await store.subscriptions() == [])
      #expect(try await store.subscriptions(.other).count == 1)
      #expect(try await store.list()?.texts == ["a"])
    }
  }
}
