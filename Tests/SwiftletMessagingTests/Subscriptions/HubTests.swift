// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct HubTests {
  private let queue = QueueKey(project: "p", name: "q")
  private let service = TestService(store: SlowStore())
  private let connection: IdleConnection
  private var hub: LocalHub { service.service.hub }

  init() throws { connection = try IdleConnection() }

  private func created(_ client: Client) -> [LiveSubscription] {
    client.send([
      "action": "subscription_create", "headers": client.headers, "body": ["queue_name": "q"],
    ])
    for case .subscribe(let subscriptions) in client.takeEffects() { return subscriptions }
    return []
  }

  @Test func subscriptionThatIsDeletedBeforeItBeginsDoesNotLive() throws {
    let client = service.client(.json)
    for isDeleted in [true, false] {
      let subscriptions = created(client)
      try #require(subscriptions.count == 1)
      if isDeleted {
        service.service.store.deleteSubscription(subscriptions[0].id, of: queue) { _ in }
      }
      let listener = connection.begin(subscriptions, of: client)[0]
      #expect(listener.isLive(at: service.clock.now) == !isDeleted)
      #expect((hub.listener(listener.id, of: queue) == nil) == isDeleted)
    }
  }

  @Test func subscriptionsThatRanOutAreLetGoOf() throws {
    let client = service.client(.json)
    let old = try #require(
      try connection.listen(client, to: QueueKey(project: "p", name: "a*"), ttl: 60))
    service.clock.advance(seconds: 60)
    #expect(!hub.has(client.conversation.subscriber, old.queue))
    _ = try connection.listen(client, to: queue)
    // It would be live again if the hub still knew of it.
    service.clock.advance(seconds: -60)
    #expect(hub.listener(old.id, of: old.queue) == nil)
  }

  @Test func listenersLeaveInAnyOrder() throws {
    let random = Random(seed: 1)
    var listeners = try (0..<50).map { _ in
      try #require(try connection.listen(service.client(.json), to: QueueKey.pattern))
    }
    while !listeners.isEmpty {
      let ids = Set(hub.subscriptions(to: .pattern).map(\.id))
      #expect(ids == Set(listeners.map(\.id)))
      let left = listeners.remove(at: random.below(listeners.count))
      hub.unsubscribe(left.id, from: .pattern)
    }
    #expect(hub.subscriptions(to: .pattern).isEmpty)
  }
}

extension QueueKey {
  fileprivate static let pattern = QueueKey(project: "p", name: "*")
}
