// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct ClaimTests {
  @Test(arguments: StoreKind.all)
  func claimTakesTheOldestFreeMessages(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b", "c", "d", "e"])
      let first = try await store.createClaim(limit: 2)
      #expect(first.messages.map(\.id) == [ids[0], ids[1]])
      #expect(first.messages.map(\.claim) == [first.id, first.id])
      #expect(first.messages.map(\.claimCount) == [1, 1])
      let second = try await store.createClaim(limit: 2)
      #expect(second.messages.texts == ["c", "d"])
      #expect(second.id != first.id)
      #expect(try await store.createClaim(limit: 9).messages.texts == ["e"])
      #expect(try await store.list() == [])
    }
  }

  @Test(arguments: StoreKind.all)
  func claimOfNothingHasAFreshIdThatNamesNothing(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let missing = try await store.createClaim()
      _ = try await store.create()
      let empty = try await store.createClaim()
      #expect(missing.messages == [] && empty.messages == [])
      #expect(missing.id != nil && empty.id != nil && missing.id != empty.id)
      #expect(try await store.claim(empty.id ?? .alice) == nil)
      #expect(try await !store.updateClaim(empty.id ?? .alice))
    }
  }

  @Test(arguments: StoreKind.all)
  func claimIsOfItsQueueAlone(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      try await store.post(["a"])
      try await store.post(["x"], to: .foreign)
      let claim = try #require(try await store.createClaim().id)
      let stranger = try #require(try await store.createClaim(.foreign).id)
      #expect(try await store.claim(claim, .foreign) == nil)
      #expect(try await store.claim(stranger) == nil)
      #expect(try await !store.updateClaim(claim, .foreign))
      #expect(try await !store.updateClaim(claim, .other))
      try await store.deleteClaim(claim, .foreign)
      try await store.deleteClaim(stranger)
      #expect(try await store.claim(claim) != nil)
      #expect(try await store.claim(stranger, .foreign) != nil)
    }
  }

  @Test(arguments: StoreKind.all)
  func claimShowsWhatItStillHolds(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let created = store.clock.now
      let ids = try await store.post(["a", "b", "c", "d"], ttl: 1000)
      let claim = try await store.createClaim(ttl: 500, grace: 60, limit: 3)
      let id = try #require(claim.id)
      store.clock.advance(seconds: 5)
      var found = try #require(try await store.claim(id))
      #expect(found == StoredClaim(id: id, ttl: 500, created: created, messages: claim.messages))
      #expect(try await store.delete(ids[1], .claim(id)) == .done)
      found = try #require(try await store.claim(id))
      #expect(found.messages.texts == ["a", "c"])
      try await store.delete([ids[0], ids[2]])
      #expect(try await store.claim(id)?.messages == [])
    }
  }

  // MARK: Ends

  @Test(arguments: StoreKind.all)
  func claimEndsWithItsTTLAndItsMessagesAreFreeInTheirPlaces(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      try await store.post(["a", "b", "c", "d"])
      let claim = try #require(try await store.createClaim(ttl: 60, limit: 2).id)
      try await store.post(["e"])
      store.clock.advance(milliseconds: 59_999)
      #expect(try await store.list()?.texts == ["c", "d", "e"])
      #expect(try await store.claim(claim) != nil)
      store.clock.advance(milliseconds: 1)
      #expect(try await store.list()?.texts == ["a", "b", "c", "d", "e"])
      #expect(try await store.list()?.map(\.claim) == [nil, nil, nil, nil, nil])
      #expect(try await store.claim(claim) == nil)
      #expect(try await !store.updateClaim(claim))
      let again = try await store.createClaim(limit: 3)
      #expect(again.messages.texts == ["a", "b", "c"])
      #expect(again.messages.map(\.claimCount) == [2, 2, 1])
    }
  }

  @Test(arguments: StoreKind.all)
  func deletedClaimFreesItsMessages(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      try await store.post(["a", "b", "c"])
      let first = try #require(try await store.createClaim(limit: 1).id)
      let second = try #require(try await store.createClaim(limit: 1).id)
      try await store.deleteClaim(second)
      #expect(try await store.list()?.texts == ["b", "c"])
      try await store.deleteClaim(first)
      try await store.deleteClaim(first)
      #expect(try await store.claim(first) == nil)
      #expect(try await store.list()?.texts == ["a", "b", "c"])
    }
  }

  @Test(arguments: StoreKind.all)
  func oldClaimDoesNotTouchWhatANewOneHolds(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let id = try await store.post(["a"])[0]
      let old = try #require(try await store.createClaim(ttl: 60).id)
      store.clock.advance(seconds: 60)
      let new = try #require(try await store.createClaim(ttl: 600).id)
      try await store.deleteClaim(old)
      store.clock.advance(seconds: 60)
      #expect(try await store.list() == [])
      #expect(try await store.delete(id) == .isClaimed)
      #expect(try await store.claim(new)?.messages.count == 1)
    }
  }

  @Test(arguments: StoreKind.all)
  func updateBeginsTheClaimsLifeAnew(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      try await store.post(["a"])
      let claim = try #require(try await store.createClaim(ttl: 100).id)
      store.clock.advance(seconds: 99)
      #expect(try await store.updateClaim(claim, ttl: 200))
      let found = try #require(try await store.claim(claim))
      #expect(found.ttl == 200 && found.created == store.clock.now)
      store.clock.advance(seconds: 199)
      #expect(try await store.claim(claim) != nil)
      // Shorter than what was left is possible too.
      #expect(try await store.updateClaim(claim, ttl: 1000))
      #expect(try await store.updateClaim(claim, ttl: 60))
      store.clock.advance(seconds: 60)
      #expect(try await store.claim(claim) == nil)
      #expect(try await store.list()?.count == 1)
    }
  }

  // MARK: Grace

  /// (message ttl, its age when claimed, claim ttl, grace) and the ttl and the life left after that.
  @Test(
    arguments: StoreKind.all,
    [
      (1000, 0, 100, 60, 1000, 1000), (100, 0, 100, 60, 100, 100), (100, 1, 100, 60, 160, 160),
      (100, 0, 101, 60, 161, 161), (3600, 3590, 300, 60, 360, 360),
      (60, 59, 43200, 43200, 86400, 86400),
    ])
  func messageOutlivesItsClaimByTheGrace(
    kind: StoreKind, row: (Int64, Int64, Int64, Int64, Int64, Int64)
  ) async throws {
    let (ttl, age, claimTTL, grace, newTTL, left) = row
    try await TestStore.run(kind) { store in
      try await store.post(["a"], ttl: ttl)
      store.clock.advance(seconds: age)
      let claim = try await store.createClaim(ttl: claimTTL, grace: grace)
      #expect(claim.messages.map(\.ttl) == [newTTL])
      let id = try #require(claim.id)
      #expect(try await store.claim(id)?.messages.map(\.ttl) == [newTTL])
      // The raised ttl stays when the claim is gone.
      try await store.deleteClaim(id)
      #expect(try await store.list()?.map(\.ttl) == [newTTL])
      store.clock.advance(milliseconds: left * 1000 - 1)
      #expect(try await store.list()?.count == 1)
      store.clock.advance(milliseconds: 1)
      #expect(try await store.list() == [])
      #expect(try await store.statistics()?.free == 0)
    }
  }

  @Test(arguments: StoreKind.all)
  func updateAppliesTheGraceAgain(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a"], ttl: 100) + store.post(["b"], ttl: 1000)
      let claim = try #require(try await store.createClaim(ttl: 60, grace: 60).id)
      #expect(try await store.messages(ids)?.map(\.ttl) == [100, 1000])
      store.clock.advance(seconds: 50)
      #expect(try await store.updateClaim(claim, ttl: 300, grace: 0))
      #expect(try await store.messages(ids)?.map(\.ttl) == [300, 1000])
      #expect(try await store.updateClaim(claim, ttl: 60, grace: 60))
      #expect(try await store.messages(ids)?.map(\.ttl) == [300, 1000])
      store.clock.advance(seconds: 299)
      #expect(try await store.list()?.texts == ["a", "b"])
      store.clock.advance(seconds: 1)
      #expect(try await store.list()?.texts == ["b"])
    }
  }

  @Test(arguments: StoreKind.all)
  func graceWithoutMeasureNeitherOverflowsNorShortens(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let id = try await store.post(["a"], ttl: 60)[0]
      let claim = try #require(try await store.createClaim(ttl: 60).id)
      store.clock.advance(seconds: 10)
      #expect(try await store.updateClaim(claim, ttl: 60, grace: -1_000_000))
      #expect(try await store.messages([id])?.map(\.ttl) == [60])
      store.clock.advance(seconds: 59)
      #expect(try await store.messages([id])?.count == 1)
      #expect(try await store.updateClaim(claim, ttl: 60, grace: .max))
      #expect(try await store.messages([id])?.map(\.ttl) == [.max])
      store.clock.advance(seconds: 1_000_000_000)
      #expect(try await store.list()?.map(\.ttl) == [.max])
    }
  }

  @Test(arguments: StoreKind.all)
  func raisedMessageDoesNotKeepOthersAlive(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post((0..<10).map { "\($0)" }, ttl: 100)
      _ = try await store.createClaim(ttl: 300, grace: 60, limit: 2)
      store.clock.advance(seconds: 100)
      #expect(try await store.messages(ids)?.texts == ["0", "1"])
      #expect(try await store.statistics()?.claimed == 2)
      store.clock.advance(seconds: 260)
      #expect(try await store.messages(ids) == [])
      #expect(try await store.statistics()?.free == 0)
    }
  }

  // MARK: Dead letters

  private func deadLetters(after count: Int, ttl: Int64? = nil, to queue: String = "dead")
    -> QueueMetadata
  {
    QueueMetadata(
      packed: [0x80],
      deadLetters: QueueMetadata.DeadLetters(maxClaimCount: count, queue: queue, ttl: ttl))
  }

  private let dead = QueueKey(project: "p", name: "dead")

  @Test(arguments: StoreKind.all)
  func messageClaimedTooOftenMovesAtItsNextClaim(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      _ = try await store.create(.q, deadLetters(after: 2))
      try await store.post(["x"], to: dead)
      let id = try await store.post(["a"], ttl: 1000)[0]
      let created = store.clock.now
      for _ in 0..<2 {
        let claim = try await store.createClaim()
        #expect(claim.messages.texts == ["a"])
        try await store.deleteClaim(try #require(claim.id))
      }
      #expect(try await store.list(dead)?.texts == ["x"])
      store.clock.advance(seconds: 5)
      #expect(try await store.createClaim() == ClaimAnswer(id: nil, messages: []))
      #expect(try await store.list() == [])
      #expect(try await store.messages([id]) == [])
      #expect(try await store.statistics() == QueueStatistics(claimed: 0, free: 0))

      let found = try #require(try await store.list(dead)?.last)
      #expect(found.text == "a" && found.ttl == 1000 && found.created == created)
      #expect(found.claim == nil && found.claimCount == 0)
      #expect(try await store.list(dead, after: found.id) == [])
      #expect(try await store.createClaim(dead).messages.texts == ["x", "a"])
      store.clock.advance(seconds: 995)
      #expect(try await store.messages([found.id], dead) == [])
    }
  }

  @Test(arguments: StoreKind.all)
  func deadLettersLiveAsLongAsTheirTTLSays(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      _ = try await store.create(.q, deadLetters(after: 1, ttl: 500))
      try await store.post(["a"], ttl: 100)
      try await store.deleteClaim(try #require(try await store.createClaim(ttl: 60).id))
      store.clock.advance(seconds: 90)
      _ = try await store.createClaim()
      #expect(try await store.list(dead)?.map(\.ttl) == [500])
      store.clock.advance(seconds: 499)
      #expect(try await store.list(dead)?.count == 1)
      store.clock.advance(seconds: 1)
      #expect(try await store.list(dead) == [])
    }
  }

  @Test(arguments: StoreKind.all)
  func claimGoesOnBehindDeadLetters(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      _ = try await store.create(.q, deadLetters(after: 1))
      try await store.post(["a", "b", "c"])
      try await store.deleteClaim(try #require(try await store.createClaim(limit: 2).id))
      try await store.post(["d", "e"])
      let claim = try await store.createClaim(limit: 2)
      #expect(claim.id != nil)
      #expect(claim.messages.texts == ["c", "d"])
      #expect(try await store.list(dead)?.texts == ["a", "b"])
      #expect(try await store.list()?.texts == ["e"])
    }
  }

  @Test(arguments: StoreKind.all)
  func queueThatIsItsOwnDeadLettersHandsThemOutLater(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      _ = try await store.create(.q, deadLetters(after: 1, to: "q"))
      try await store.post(["a", "b"])
      try await store.deleteClaim(try #require(try await store.createClaim(limit: 1).id))
      #expect(try await store.createClaim().messages.texts == ["b"])
      #expect(try await store.createClaim().messages.texts == ["a"])
      #expect(try await store.statistics()?.claimed == 2)
    }
  }
}
