// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct SubscriptionTests {
  @Test(arguments: StoreKind.all)
  func subscriptionIsGivenOutAsItCame(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let created = store.clock.now
      let id = try #require(
        try await store.subscribe("http://h/x", ttl: 100, options: [0x81, 0xa1, 0x61, 1]))
      store.clock.advance(seconds: 3)
      let expected = StoredSubscription(
        id: id, queue: .q, subscriber: "http://h/x", ttl: 100, created: created,
        options: [0x81, 0xa1, 0x61, 1], isConfirmed: false)
      #expect(try await store.subscription(id) == expected)
      #expect(try await store.subscriptions() == [expected])
      #expect(try await store.subscription(id, .other) == nil)
      #expect(try await store.subscription(id, .foreign) == nil)
      #expect(try await store.subscriptions(.foreign) == [])
    }
  }

  @Test(arguments: StoreKind.all)
  func subscriberHasOneSubscriptionToAQueue(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let first = try #require(try await store.subscribe("ws-connection:1", ttl: 100))
      store.clock.advance(seconds: 50)
      #expect(try await store.subscribe("ws-connection:1", ttl: 1000) == nil)
      #expect(try await store.subscription(first)?.ttl == 100, "not renewed")
      #expect(try await store.subscribe("ws-connection:2") != nil)
      #expect(try await store.subscribe("ws-connection:1", to: .other) != nil)
      #expect(try await store.subscribe("ws-connection:1", to: .foreign) != nil)
      try await store.delete(subscription: first)
      let second = try #require(try await store.subscribe("ws-connection:1"))
      #expect(second != first)
    }
  }

  @Test(arguments: StoreKind.all)
  func subscriptionEndsWithItsTTL(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let id = try #require(try await store.subscribe("ws-connection:1", ttl: 60))
      let long = try #require(try await store.subscribe("ws-connection:2", ttl: .max / 1000))
      store.clock.advance(milliseconds: 59_999)
      #expect(try await store.subscription(id) != nil)
      store.clock.advance(milliseconds: 1)
      #expect(try await store.subscription(id) == nil)
      #expect(try await store.subscriptions().map(\.id) == [long])
      #expect(try await !store.update(subscription: id, ttl: 100))
      #expect(try await store.subscribe("ws-connection:1") != nil)
    }
  }

  @Test(arguments: StoreKind.all)
  func updateChangesWhatItIsGiven(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let id = try #require(try await store.subscribe("ws-connection:1", ttl: 100))
      let created = store.clock.now
      store.clock.advance(seconds: 90)
      #expect(try await store.update(subscription: id, isConfirmed: true))
      #expect(try await store.update(subscription: id, options: [0x81, 0xa1, 0x61, 1]))
      var found = try #require(try await store.subscription(id))
      #expect(found.isConfirmed && found.options == [0x81, 0xa1, 0x61, 1])
      #expect(found.ttl == 100 && found.created == created)
      #expect(try await store.update(subscription: id, ttl: 60))
      found = try #require(try await store.subscription(id))
      #expect(found.isConfirmed && found.ttl == 60 && found.created == store.clock.now)
      store.clock.advance(seconds: 59)
      #expect(try await store.update(subscription: id, isConfirmed: false))
      #expect(try await store.subscription(id)?.isConfirmed == false)
      store.clock.advance(seconds: 1)
      #expect(try await store.subscription(id) == nil)
      #expect(try await !store.update(subscription: .alice, ttl: 60))
    }
  }

  @Test(arguments: StoreKind.all)
  func pagingByIdGoesThroughAllSubscriptions(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      var ids: [Identifier] = []
      for number in 0..<50 {
        ids.append(try #require(try await store.subscribe("ws-connection:\(number)")))
        _ = try await store.subscribe("ws-connection:\(number)", to: .other)
      }
      let all = try await store.subscriptions().map(\.id)
      #expect(Set(all) == Set(ids))
      #expect(all.map(\.description) == all.map(\.description).sorted())
      var seen: [Identifier] = []
      while case let page = try await store.subscriptions(after: seen.last, limit: 7), !page.isEmpty
      {
        seen += page.map(\.id)
      }
      #expect(seen == all)
      try await store.delete(subscription: all[9])
      #expect(try await store.subscriptions(after: all[9], limit: 1).map(\.id) == [all[10]])
      #expect(try await store.subscriptions(after: .alice, limit: 1).map(\.id) == [all[0]])
    }
  }

  @Test(arguments: StoreKind.all)
  func deletedQueueKeepsItsSubscriptions(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let id = try #require(try await store.subscribe("ws-connection:1"))
      try await store.delete(queue: .q)
      #expect(try await store.queues() == [])
      #expect(try await store.subscription(id) != nil)
      #expect(try await store.subscriptions().map(\.id) == [id])
      #expect(try await store.subscribe("ws-connection:1") == nil)
      #expect(try await store.queues() == ["q"])
    }
  }

  @Test(arguments: StoreKind.all)
  func deleteIsOfTheQueuesOwn(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      let id = try #require(try await store.subscribe("ws-connection:1"))
      try await store.delete(subscription: id, .other)
      try await store.delete(subscription: id, .foreign)
      try await store.delete(subscription: .alice)
      #expect(try await store.subscription(id) != nil)
      try await store.delete(subscription: id)
      try await store.delete(subscription: id)
      #expect(try await store.subscription(id) == nil)
      #expect(try await store.subscriptions() == [])
    }
  }

  @Test(arguments: StoreKind.all)
  func queuesBySubscriberPrefixAreThoseOfLiveSubscriptions(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      #expect(try await store.queues(subscriberPrefix: "http") == [])
      let first = try #require(try await store.subscribe("http://h"))
      let second = try #require(try await store.subscribe("https://h"))
      _ = try await store.subscribe("http://h", to: .foreign, ttl: 60)
      _ = try await store.subscribe("ws-connection:1", to: .other)
      #expect(try await store.queues(subscriberPrefix: "http") == [.q, .foreign])
      try await store.delete(subscription: first)
      #expect(try await store.queues(subscriberPrefix: "http:") == [.foreign])
      store.clock.advance(seconds: 60)
      #expect(try await store.queues(subscriberPrefix: "http") == [.q])
      try await store.delete(queue: .q)
      #expect(try await store.queues(subscriberPrefix: "http") == [.q])
      try await store.delete(subscription: second)
      #expect(try await store.queues(subscriberPrefix: "http") == [])
    }
  }

  @Test(arguments: StoreKind.all)
  func deleteByPrefixReachesAllQueuesAndProjects(kind: StoreKind) async throws {
    try await TestStore.run(kind) { store in
      for queue in [QueueKey.q, .other, .foreign] {
        for subscriber in ["ws-connection:1", "ws-connection:12", "ws-connection:2", "http://h"] {
          _ = try await store.subscribe(subscriber, to: queue)
        }
      }
      func left() async throws -> [Set<String>] {
        var left: [Set<String>] = []
        for queue in [QueueKey.q, .other, .foreign] {
          left.append(Set(try await store.subscriptions(queue).map(\.subscriber)))
        }
        return left
      }
      try await store.deleteSubscriptions(prefix: "ws-connection:12")
      let some: Set = ["ws-connection:1", "ws-connection:2", "http://h"]
      #expect(try await left() == [some, some, some])
      try await store.deleteSubscriptions(prefix: "ws-connection:")
      #expect(try await left() == [["http://h"], ["http://h"], ["http://h"]])
      try await store.deleteSubscriptions(prefix: "ws-connection:")
      #expect(try await store.subscribe("ws-connection:1") != nil)
    }
  }
}
