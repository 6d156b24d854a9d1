// SPDX-License-Identifier: Apache-2.0

import SwiftletTestSupport
import Testing

@testable import SwiftletMessaging

@Suite struct MessageTests {
  // MARK: Posting

  @Test(arguments: StoreKind.all)
  func postedMessageIsGivenOutAsItCame(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let body: [UInt8] = [0xc4, 3, 0, 0xff, 0x80]
      let answer = try await store.post([NewMessage(ttl: 77, body: body)])
      guard case .posted(let ids) = answer else { return #expect(Bool(false), "\(answer)") }
      let message = StoredMessage(
        id: ids[0], body: body, ttl: 77, created: store.clock.now, claim: nil, claimCount: 0)
      store.clock.advance(seconds: 7)
      #expect(try await store.list() == [message])
      #expect(try await store.messages(ids) == [message])
      #expect(try await store.statistics()?.newest == message)
      #expect(try await store.pop() == [message])
    }
  }

  @Test(arguments: StoreKind.all)
  func messageWithoutTTLTakesTheQueuesOrTheServices(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      try await store.post(["a"])
      #expect(try await store.list()?.map(\.ttl) == [3600])
      _ = try await store.create(.other, QueueMetadata(packed: [0x80], defaultTTL: 120))
      try await store.post(["a"], to: .other)
      try await store.post(["b"], to: .other, ttl: 60)
      #expect(try await store.list(.other)?.map(\.ttl) == [120, 60])
      store.clock.advance(seconds: 119)
      #expect(try await store.list(.other)?.texts == ["a"])
      store.clock.advance(seconds: 1)
      #expect(try await store.list(.other) == [])
    }
  }

  @Test(arguments: StoreKind.all)
  func postAboveTheQueuesBoundAddsNothing(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      _ = try await store.create(.q, QueueMetadata(packed: [0x80], maxPostSize: 100))
      let message = NewMessage(ttl: nil, body: [0xc0])
      #expect(try await store.post([message, message], size: 101) == .tooLarge(bound: 100))
      #expect(try await store.list() == [])
      guard case .posted = try await store.post([message], size: 100)
      else { return #expect(Bool(false)) }
      #expect(try await store.list()?.count == 1)
    }
  }

  @Test(arguments: StoreKind.all)
  func orderIsThatOfThePostsAndWithinThem(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b"]) + store.post(["c"]) + store.post(["d", "e"])
      #expect(Set(ids).count == 5)
      #expect(try await store.list()?.map(\.id) == ids)
      #expect(try await store.list()?.texts == ["a", "b", "c", "d", "e"])
      #expect(try await store.pop(2).texts == ["a", "b"])
      #expect(try await store.createClaim(limit: 2).messages.texts == ["c", "d"])
    }
  }

  @Test(arguments: StoreKind.all)
  func idsAscendAlsoWhenTheQueueIsMadeAnew(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      var ids: [Identifier] = []
      for _ in 0..<3 {
        ids += try await store.post(["a", "b", "c"])
        try await store.delete(queue: .q)
      }
      #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.precedes($1) })
    }
  }

  @Test(arguments: StoreKind.all)
  func observerHearsOfEachPostBeforeItsAnswer(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let heard = EventLog<String>()
      store.store.observePosts { queue, messages in
        heard.add("\(queue.name): \(messages.texts.joined(separator: " "))")
      }
      for (queue, bodies) in [(QueueKey.q, ["a", "b"]), (.other, ["c"]), (.q, ["d"])] {
        let messages = bodies.map { NewMessage(ttl: nil, body: Array($0.utf8)) }
        let _: PostAnswer = try await store.answer { done in
          store.store.post(messages, to: queue, client: .alice, size: 1) {
            heard.add("answer")
            done($0)
          }
        }
      }
      #expect(heard.all == ["q: a b", "answer", "other: c", "answer", "q: d", "answer"])
      _ = try await store.createClaim()
      _ = try await store.pop()
      #expect(heard.all.count == 6)
    }
  }

  // MARK: Time

  @Test(arguments: StoreKind.all)
  func messageIsGoneWhenItsAgeReachesItsTTL(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let id = try await store.post(["a"], ttl: 60)[0]
      store.clock.advance(milliseconds: 59_999)
      #expect(try await store.list()?.count == 1)
      store.clock.advance(milliseconds: 1)
      #expect(try await store.list() == [])
      #expect(try await store.messages([id]) == [])
      #expect(try await store.pop() == [])
      #expect(try await store.createClaim().messages == [])
      #expect(try await store.delete(id, .malformed) == .done)
      #expect(try await store.statistics() == QueueStatistics(claimed: 0, free: 0))
    }
  }

  @Test(arguments: StoreKind.all)
  func messagesExpireByTheirOwnTTLsWhateverTheirOrder(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      for (body, ttl) in [("a", 100), ("b", 60), ("c", 80), ("d", 60), ("e", 100), ("f", 90)] {
        try await store.post([body], ttl: Int64(ttl))
      }
      var left: [String] = []
      for _ in 0..<5 {
        left.append(try await store.list()?.texts.joined() ?? "")
        store.clock.advance(seconds: left.count == 1 ? 60 : 10)
      }
      #expect(left == ["abcdef", "acef", "acef", "aef", "ae"])
      #expect(try await store.statistics()?.free == 0)
    }
  }

  // MARK: Listing

  @Test(arguments: StoreKind.all)
  func pagingByMarkerGoesThroughAllMessages(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post((0..<300).map { "\($0)" })
      for limit in [1, 7, 20] {
        var seen: [Identifier] = []
        while let page = try await store.list(after: seen.last, limit: limit), !page.isEmpty {
          #expect(page.count == min(limit, 300 - seen.count))
          seen += page.map(\.id)
        }
        #expect(seen == ids)
      }
    }
  }

  @Test(arguments: StoreKind.all)
  func markerThatIsGoneMarksItsPlace(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids =
        try await store.post(["a"]) + store.post(["b"], ttl: 60) + store.post(["c", "d", "e", "f"])
      #expect(try await store.delete(ids[2]) == .done)
      #expect(try await store.list(after: ids[2])?.texts == ["d", "e", "f"])
      store.clock.advance(seconds: 60)
      #expect(try await store.list(after: ids[1])?.texts == ["d", "e", "f"])
      #expect(try await store.pop(1).texts == ["a"])
      #expect(try await store.list(after: ids[0])?.texts == ["d", "e", "f"])
      _ = try await store.createClaim(limit: 1)
      #expect(try await store.list(after: ids[3])?.texts == ["e", "f"])
      #expect(try await store.list(after: ids[5]) == [])
      _ = try await store.pop()
      try await store.post(["g"])
      #expect(try await store.list(after: ids[4])?.texts == ["g"])
    }
  }

  @Test(arguments: StoreKind.all)
  func markerNeverSeenIsPassedOver(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b"])
      let foreign = try await store.post(["x"], to: .foreign)[0]
      let other = try await store.post(["x"], to: .other)[0]
      let near = Identifier(high: ids[0].high, low: ids[0].low ^ 1)
      for marker in [foreign, other, near, .alice] {
        #expect(try await store.list(after: marker)?.texts == ["a", "b"])
      }
    }
  }

  @Test(arguments: StoreKind.all)
  func listingFindsOthersBetweenLongRunsOfOnesOwn(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      func run(_ count: Int) async throws {
        try await store.post((0..<count).map { "\($0)" }, by: .alice)
      }
      try await run(3000)
      let first = try await store.post(["b1", "b2"], by: .bob)[0]
      try await run(1500)
      try await store.post(["b3"], by: .bob)
      for _ in 0..<30 {
        try await run(40)
        try await store.post(["mixed"], by: .bob)
      }
      try await run(2000)
      #expect(
        try await store.list(limit: 4, notFrom: .alice)?.texts == ["b1", "b2", "b3", "mixed"])
      #expect(try await store.list(after: first, limit: 2, notFrom: .alice)?.texts == ["b2", "b3"])
      #expect(try await store.list(limit: 1, notFrom: .bob)?.texts == ["0"])
      try await store.reopen()
      try await run(1)
      let last = try await store.post(["b4"], by: .bob)[0]
      try await run(2000)
      #expect(try await store.list(after: last, notFrom: .alice)?.texts == [])
      try await store.delete([first])
      #expect(try await store.list(limit: 2, notFrom: .alice)?.texts == ["b2", "b3"])
      for _ in 0..<35 { _ = try await store.createClaim(limit: 100) }
      #expect(
        try await store.list(limit: 1, notFrom: .alice, includesClaimed: true)?.texts == ["b2"])
      try await store.purge(messages: true)
      try await store.post(["b5"], by: .bob)
      #expect(
        try await store.list(notFrom: .alice, includesClaimed: true)?.texts == ["b2", "b5"])
    }
  }

  @Test(arguments: StoreKind.all)
  func listingLeavesOutClaimedAndOnesOwnBeforeItCutsThePage(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      for number in 0..<100 {
        try await store.post(["\(number)"], by: number % 25 == 24 ? .bob : .alice)
      }
      #expect(try await store.list(limit: 3, notFrom: .alice)?.texts == ["24", "49", "74"])
      #expect(try await store.list(limit: 3, notFrom: .bob)?.texts == ["0", "1", "2"])
      let marker = try #require(try await store.list(limit: 2, notFrom: .alice)?.last?.id)
      #expect(try await store.list(after: marker, notFrom: .alice)?.texts == ["74", "99"])
      #expect(try await store.list(notFrom: Identifier(high: 9, low: 9))?.count == 20)

      let claim = try await store.createClaim(limit: 50)
      #expect(claim.messages.count == 50)
      #expect(try await store.list(limit: 2)?.texts == ["50", "51"])
      #expect(try await store.list(limit: 2, notFrom: .alice)?.texts == ["74", "99"])
      let all = try #require(try await store.list(limit: 2, includesClaimed: true))
      #expect(all.texts == ["0", "1"])
      #expect(all.map(\.claim) == [claim.id, claim.id])
      #expect(
        try await store.list(limit: 1, notFrom: .alice, includesClaimed: true)?.texts == ["24"])
    }
  }

  @Test(arguments: StoreKind.all)
  func missingQueueHasNoList(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      #expect(try await store.list() == nil)
      #expect(try await store.messages([.alice]) == nil)
      #expect(try await store.pop() == [])
      #expect(try await store.delete(.alice) == .done)
      try await store.delete([.alice])
    }
  }

  @Test(arguments: StoreKind.all)
  func messagesAreGivenInTheOrderAsked(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b", "c"])
      let foreign = try await store.post(["x"], to: .foreign)
      let claim = try await store.createClaim(limit: 1)
      let found = try await store.messages([ids[2], .alice, foreign[0], ids[0]])
      #expect(found?.texts == ["c", "a"])
      #expect(found?.map(\.claim) == [nil, claim.id])
      #expect(try await store.messages(ids, .foreign) == [])
    }
  }

  // MARK: Deleting

  @Test(arguments: StoreKind.all)
  func deleteOfFreeMessage(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b"])
      #expect(try await store.delete(ids[0], .claim(.alice)) == .isNotClaimed)
      #expect(try await store.delete(ids[0], .malformed) == .isNotClaimed)
      #expect(try await store.delete(ids[0], from: .foreign) == .done)
      #expect(try await store.list()?.count == 2)
      #expect(try await store.delete(ids[0]) == .done)
      #expect(try await store.delete(ids[0]) == .done)
      #expect(try await store.delete(ids[0], .malformed) == .done)
      #expect(try await store.list()?.texts == ["b"])
    }
  }

  @Test(arguments: StoreKind.all)
  func deleteOfClaimedMessage(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b", "c"])
      let claim = try #require(try await store.createClaim(limit: 1).id)
      let other = try #require(try await store.createClaim(limit: 1).id)
      #expect(try await store.delete(ids[0]) == .isClaimed)
      #expect(try await store.delete(ids[0], .claim(other)) == .isClaimedByAnother)
      #expect(try await store.delete(ids[0], .claim(.alice)) == .noSuchClaim)
      #expect(try await store.delete(ids[0], .malformed) == .noSuchClaim)
      try await store.deleteClaim(other)
      #expect(try await store.delete(ids[0], .claim(other)) == .noSuchClaim)
      #expect(try await store.list(includesClaimed: true)?.count == 3)
      #expect(try await store.delete(ids[0], .claim(claim)) == .done)
      #expect(try await store.list(includesClaimed: true)?.texts == ["b", "c"])
      #expect(try await store.claim(claim)?.messages == [])
      // What was claimed once and is no more is free like any other.
      #expect(try await store.delete(ids[1], .claim(claim)) == .isNotClaimed)
      #expect(try await store.delete(ids[1]) == .done)
    }
  }

  @Test(arguments: StoreKind.all)
  func deleteWithAClaimThatIsOver(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let id = try await store.post(["a"])[0]
      let claim = try #require(try await store.createClaim(ttl: 60).id)
      store.clock.advance(seconds: 60)
      #expect(try await store.delete(id, .claim(claim)) == .isNotClaimed)
      _ = try await store.createClaim()
      #expect(try await store.delete(id, .claim(claim)) == .noSuchClaim)
    }
  }

  @Test(arguments: StoreKind.all)
  func deleteOfManyLooksAtNoClaims(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b", "c", "d"])
      _ = try await store.createClaim(limit: 2)
      let foreign = try await store.post(["x"], to: .foreign)
      try await store.delete([ids[1], .alice, foreign[0], ids[2], ids[1]])
      #expect(try await store.list(includesClaimed: true)?.texts == ["a", "d"])
      #expect(try await store.list(.foreign)?.texts == ["x"])
      let found = try #require(try await store.statistics())
      #expect(found.claimed == 1 && found.free == 1)
    }
  }

  @Test(arguments: StoreKind.all)
  func popTakesTheOldestFreeMessages(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let ids = try await store.post(["a", "b", "c", "d"])
      let claim = try #require(try await store.createClaim(limit: 1).id)
      #expect(try await store.pop(2).texts == ["b", "c"])
      #expect(try await store.messages(ids)?.texts == ["a", "d"])
      try await store.deleteClaim(claim)
      let popped = try await store.pop()
      #expect(popped.texts == ["a", "d"])
      #expect(popped.map(\.claimCount) == [1, 0])
      #expect(try await store.pop() == [])
      #expect(try await store.statistics() == QueueStatistics(claimed: 0, free: 0))
    }
  }
}
