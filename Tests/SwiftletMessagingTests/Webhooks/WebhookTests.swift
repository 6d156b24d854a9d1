// SPDX-License-Identifier: Apache-2.0

import SwiftletTestSupport
import Testing

@testable import SwiftletMessaging

@Suite struct WebhookTests {
  /// Retries once at once and twice after five seconds.
  private static let policy: Value = [
    "_retry_policy": [
      "retries_with_no_delay": 1, "minimum_delay_retries": 2, "minimum_delay": 5,
      "maximum_delay": 15, "maximum_delay_retries": 0,
    ]
  ]

  @Test func postHasTheMessageAndTheHeaders() async throws {
    try await WebhookTest().run { test in
      try test.subscribe(options: ["post_headers": ["X-A": "b"]])
      try test.post(["n": 1], ttl: 77)
      let request = try test.receiver.accept().readRequest()
      #expect(request.head.hasPrefix("POST /in HTTP/1.1\r\n"))
      #expect(Peer.field("Content-Type", of: request.head) == "application/json")
      #expect(Peer.field("X-A", of: request.head) == "b")
      #expect(Peer.field("Host", of: request.head) == "127.0.0.1:\(test.receiver.port)")
      #expect(Peer.field("Expect", of: request.head) == nil)
      let message = try request.body.withUnsafeBytes { try JSON.decode($0) }
      #expect(
        message == [
          "body": ["n": 1], "ttl": 77, "queue_name": "q", "Message_Type": "Notification",
        ])
    }
  }

  @Test func messagesComeInOrderOneAtATime() async throws {
    try await WebhookTest().run { test in
      try test.subscribe()
      for number: Int64 in 0..<50 { try test.post(.int(2 * number), .int(2 * number + 1)) }
      let peer = try test.receiver.accept()
      for number: Int64 in 0..<100 { #expect(try peer.take() == .int(number)) }
      try test.wait(for: \.deliveredNow, 100)
      try test.wait(for: \.waitingBytesNow, 0)
    }
  }

  @Test func subscriptionsDoNotWaitForOneAnother() async throws {
    try await WebhookTest().run { test in
      let silent = try PeerListener()
      try test.subscribe("http://127.0.0.1:\(silent.port)/")
      try test.subscribe()
      try test.post(1, 2)
      let held = try silent.accept()
      _ = try held.readRequest()
      let peer = try test.receiver.accept()
      #expect(try peer.take() == 1)
      #expect(try peer.take() == 2)
    }
  }

  @Test(arguments: [500, 503, 599, 429])
  func retriesFollowThePolicy(status: Int) async throws {
    try await WebhookTest().run { test in
      try test.subscribe(options: Self.policy)
      try test.post(1, 2)
      let peer = try test.receiver.accept()
      #expect(try peer.take(status) == 1)
      #expect(try peer.take(status) == 1)
      for _ in 0..<4 {
        try test.waitForRest()
        test.advance(seconds: 4)
        #expect(test.counters.restingNow == 1)
        test.advance(seconds: 11)
        #expect(try peer.take(status) == 1)
      }
      // Given up; the next message has its own tries.
      #expect(try peer.take(200) == 2)
      try test.wait(for: \.deliveredNow, 1)
      #expect(test.counters.failedNow == 1 && test.counters.retriesNow == 5)
    }
  }

  @Test func queuesPolicyHoldsWhereTheSubscriptionHasNone() async throws {
    try await WebhookTest().run { test in
      let metadata: Value = [
        "_retry_policy": [
          "retries_with_no_delay": 0, "minimum_delay_retries": 1, "minimum_delay": 7,
          "maximum_delay": 17,
        ]
      ]
      #expect(
        try test.client.ask("queue_create", ["queue_name": "q", "metadata": metadata]).status == 201
      )
      try test.subscribe()
      try test.post(1)
      let peer = try test.receiver.accept()
      try peer.take(500)
      try test.waitForRest()
      test.advance(seconds: 7)
      #expect(try peer.take() == 1)
    }
  }

  @Test(arguments: [301, 307, 400, 404, 410])
  func answersThatWillNotChangeAreNotRetried(status: Int) async throws {
    try await WebhookTest().run { test in
      try test.subscribe()
      try test.post(1, 2)
      let peer = try test.receiver.accept()
      _ = try peer.readRequest()
      try peer.respond(status, "Location: http://127.0.0.1:\(test.receiver.port)/else\r\n")
      let next = try peer.readRequest()
      #expect(try next.message() == 2)
      #expect(next.head.hasPrefix("POST /in "))
      #expect(test.counters.failedNow == 1 && test.counters.retriesNow == 0)
    }
  }

  @Test func connectionThatIsCutIsTriedAgain() async throws {
    try await WebhookTest().run { test in
      try test.subscribe()
      try test.post(1)
      let first = try test.receiver.accept()
      _ = try first.readRequest()
      first.reset()
      #expect(try test.receiver.accept().take() == 1)
      try test.wait(for: \.deliveredNow, 1)
    }
  }

  @Test func answerWithMuchBodyCountsByItsStatus() async throws {
    try await WebhookTest().run { test in
      try test.subscribe()
      try test.post(1, 2)
      let peer = try test.receiver.accept()
      _ = try peer.readRequest()
      // Never ends; what has come is enough.
      try peer.write("HTTP/1.1 200 X\r\nContent-Length: 1000000000\r\n\r\n")
      try peer.write([UInt8](repeating: 0, count: 70_000))
      #expect(try test.receiver.accept().take() == 2)
      try test.wait(for: \.deliveredNow, 2)
    }
  }

  @Test func answerWithoutEndIsCut() async throws {
    try await WebhookTest { $0.timeout = .milliseconds(100) }.run { test in
      try test.subscribe()
      try test.post(1)
      let silent = try test.receiver.accept()
      _ = try silent.readRequest()
      #expect(try test.receiver.accept().take() == 1)
    }
  }

  // MARK: - Subscriptions

  @Test func deletedSubscriptionIsNotTriedAgain() async throws {
    try await WebhookTest().run { test in
      let id = try test.subscribe(options: Self.policy)
      try test.post(1, 2)
      let peer = try test.receiver.accept()
      try peer.take(500)
      try peer.take(500)
      try test.waitForRest()
      try test.client.ask("subscription_delete", ["queue_name": "q", "subscription_id": id])
      test.advance(seconds: 5)
      try test.wait(for: \.droppedNow, 2)
      try test.wait(for: \.waitingBytesNow, 0)
      // Another of the same URL begins anew.
      try test.subscribe()
      try test.post(3)
      #expect(try peer.take() == 3)
    }
  }

  @Test func purgedSubscriptionGetsNothing() async throws {
    try await WebhookTest().run { test in
      try test.subscribe("http://127.0.0.1:\(test.receiver.port)/first")
      let purge: Value = ["queue_name": "q", "resource_types": ["subscriptions"]]
      #expect(try test.client.ask("queue_purge", purge).status == 204)
      try test.post(1)
      try test.wait(for: \.waitingBytesNow, 0)
      try test.subscribe()
      try test.post(2)
      let request = try test.receiver.accept().readRequest()
      #expect(request.head.hasPrefix("POST /in "))
      #expect(try request.message() == 2)
    }
  }

  @Test func updateIsHeededByTheNextTry() async throws {
    try await WebhookTest().run { test in
      let id = try test.subscribe(options: Self.policy)
      try test.post(1)
      let peer = try test.receiver.accept()
      try peer.take(500)
      try peer.take(500)
      try test.waitForRest()
      let options: Value = ["post_headers": ["X-New": "yes"]]
      #expect(
        try test.client.ask(
          "subscription_update",
          ["queue_name": "q", "subscription_id": id, "options": options]
        ).status == 204)
      test.advance(seconds: 5)
      #expect(Peer.field("X-New", of: try peer.readRequest().head) == "yes")
    }
  }

  @Test func subscriptionEndsWithItsTTL() async throws {
    try await WebhookTest().run { test in
      try test.subscribe(ttl: 60, options: Self.policy)
      try test.post(1)
      let peer = try test.receiver.accept()
      try peer.take(500)
      try peer.take(500)
      try test.waitForRest()
      test.advance(seconds: 60)
      try test.wait(for: \.droppedNow, 1)
      try test.subscribe()
      try test.post(2)
      #expect(try peer.take() == 2)
    }
  }

  @Test func messageIsNotDeliveredAfterItsTTL() async throws {
    try await WebhookTest().run { test in
      try test.subscribe(options: Self.policy)
      try test.post(1, ttl: 60)
      try test.post(2)
      let peer = try test.receiver.accept()
      try peer.take(500)
      try peer.take(500)
      try test.waitForRest()
      test.advance(seconds: 60)
      #expect(try peer.take() == 2)
      #expect(test.counters.droppedNow == 1)
    }
  }

  @Test func subscriptionsOfAnEarlierServerAreServed() async throws {
    let store = MemoryStore(defaultMessageTTL: 3600, clock: wallClock)
    let first = try WebhookTest(store: store)
    try first.subscribe()
    let url = first.url
    try await WebhookTest(store: store).run { test in
      try test.post(1)
      #expect(try first.receiver.accept().take() == 1)
      #expect(url == first.url)
    }
  }

  // MARK: - Bounds

  @Test func queueOfASubscriptionIsBounded() async throws {
    try await WebhookTest { $0.maxWaiting = 3 }.run { test in
      try test.subscribe()
      try test.post(1)
      let peer = try test.receiver.accept()
      let first = try peer.readRequest()
      try test.post(2, 3, 4, 5)
      try test.wait(for: \.droppedNow, 2)
      #expect(try first.message() == 1)
      try peer.respond(200)
      #expect(try peer.take() == 2)
      #expect(try peer.take() == 3)
      try test.post(6)
      #expect(try peer.take() == 6)
    }
  }

  @Test func bytesThatWaitAreBounded() async throws {
    try await WebhookTest { $0.maxWaitingBytes = 3000 }.run { test in
      try test.subscribe()
      let large = Value.string(String(repeating: "x", count: 2000))
      try test.post(large)
      let peer = try test.receiver.accept()
      _ = try peer.readRequest()
      try test.post(large, large)
      try test.wait(for: \.droppedNow, 1)
    }
  }

  @Test func triesAtATimeAreBounded() async throws {
    try await WebhookTest { $0.maxUnderWay = 1 }.run { test in
      for number in 0..<3 { try test.subscribe("\(test.url)/\(number)") }
      try test.post(1, 2)
      let peer = try test.receiver.accept()
      // One connection serves all, each subscription in its turn.
      var paths: [String] = []
      for _ in 0..<6 {
        let request = try peer.readRequest()
        paths.append(String(request.head.split(separator: " ")[1]))
        try peer.respond(200)
      }
      #expect(Set(paths[..<3]).count == 3 && paths[3...] == paths[..<3])
    }
  }

  // MARK: - Addresses

  @Test func nameThatLeadsToAPrivateAddressIsRefused() async throws {
    // Past the check of the URL, as a name is whose address changes after it.
    let store = MemoryStore(defaultMessageTTL: 3600, clock: wallClock)
    let test = try WebhookTest(allowing: ["10.0.0.0/8"], store: store)
    store.createSubscription(
      of: .q, subscriber: "http://localhost:\(test.receiver.port)/", ttl: 3600, options: [0x80]
    ) { _ in }
    let served = try WebhookTest(allowing: [], store: store)
    try await served.run { test in
      try test.post(1)
      try test.wait(for: \.refusedNow, 1)
      #expect(test.counters.retriesNow == 0 && test.counters.deliveredNow == 0)
    }
  }

  @Test func hostThatIsAllowedMayBeAnywhere() async throws {
    try await WebhookTest(allowing: ["localhost"]).run { test in
      try test.subscribe("http://localhost:\(test.receiver.port)/")
      try test.post(1)
      #expect(try test.receiver.accept().take() == 1)
    }
  }

  @Test func schemesOfOldSubscriptionsAreNotServed() async throws {
    let store = MemoryStore(defaultMessageTTL: 3600, clock: wallClock)
    for subscriber in ["httpx://127.0.0.1/", "http://", "mailto:a@b"] {
      store.createSubscription(of: .q, subscriber: subscriber, ttl: 3600, options: [0x80]) { _ in }
    }
    try await WebhookTest(store: store).run { test in
      try test.post(1)
      try test.wait(for: \.waitingBytesNow, 0)
      try test.subscribe()
      try test.post(2)
      #expect(try test.receiver.accept().take() == 2)
    }
  }
}
