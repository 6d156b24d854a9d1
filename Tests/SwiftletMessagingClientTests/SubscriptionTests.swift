// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import SwiftletMessagingClient
import SwiftletTestSupport
import Testing

@Suite struct SubscriptionTests {
  typealias Notifications = MessagingClient.Subscription.AsyncIterator

  /// The bodies of the next notifications, which are numbers.
  private func take(_ count: Int, _ notifications: inout Notifications) async throws -> [Int] {
    var bodies: [Int] = []
    while bodies.count < count, let notification = try await notifications.next() {
      bodies.append(try notification.decode(Int.self))
    }
    return bodies
  }

  @Test(arguments: WireFormat.allCases) func notifications(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      try await client.post("before", to: "q")
      let subscription = try await client.subscribe(to: "q")
      let order = Order(item: "tea", count: 3)
      let id = try await client.post(order, to: "q", ttl: .seconds(60))
      var notifications = subscription.makeAsyncIterator()
      let notification = try #require(try await notifications.next())
      #expect(try notification.decode(Order.self) == order)
      #expect(notification.queue == "q" && notification.messageID == id)
      #expect(notification.ttl == .seconds(60) && notification.claimID == nil)
      await #expect(throws: MessagingError.notClaimed) { try await notification.acknowledge() }
      // Another client's, in the other encoding.
      let poster = try await server.connect(format == .json ? .messagePack : .json)
      try await poster.post(contentsOf: [1, 2, 3], to: "q")
      #expect(try await take(3, &notifications) == [1, 2, 3])
      let conflict = try await #require(throws: RequestError.self) {
        try await client.subscribe(to: "q")
      }
      #expect(conflict.status == 409)
      await client.close()
      #expect(try await notifications.next() == nil)
    }
  }

  /// A loop over a subscription is enough to keep the client.
  @Test func subscriptionHoldsItsClient() async throws {
    try await withMessaging { server in
      let poster = try await server.connect()
      let subscription = try await server.connect().subscribe(to: "q")
      try await poster.post(1, to: "q")
      for try await notification in subscription {
        #expect(notification.body == 1)
        break
      }
    }
  }

  @Test func startOfASubscription() async throws {
    try await withMessaging { server in
      let poster = try await server.connect()
      let ids = try await poster.post(contentsOf: Array(1...50), to: "q")
      for (start, expected) in [
        (MessagingClient.Start.beginning, Array(1...51)),
        (.after(["q": ids[29]]), Array(31...51)), (.now, [51]),
      ] {
        let client = try await server.connect()
        let subscription = try await client.subscribe(to: "q", .init(start: start))
        let last = try await poster.post(51, to: "q")
        var notifications = subscription.makeAsyncIterator()
        #expect(try await take(expected.count, &notifications) == expected)
        try await poster.delete(last, from: "q")
      }
    }
  }

  @Test func severalQueuesAndPatterns() async throws {
    try await withMessaging { server in
      let client = try await server.connect()
      let subscription = try await client.subscribe(to: ["orders.*", "news"])
      for (number, queue) in ["orders.tea", "news", "other", "orders."].enumerated() {
        try await client.post(number, to: queue)
      }
      var notifications = subscription.makeAsyncIterator()
      for queue in ["orders.tea", "news", "orders."] {
        #expect(try await notifications.next()?.queue == queue)
      }
    }
  }

  @Test func severalQueuesOrNone() async throws {
    try await withMessaging { server in
      let client = try await server.connect()
      let first = try await client.subscribe(to: ["a", "b"])
      let error = try await #require(throws: RequestError.self) {
        try await client.subscribe(to: ["b", "c"])
      }
      #expect(error.status == 409 && error.error == "Subscription b, c not created.")
      #expect(try await client.subscriptions(of: "c").isEmpty)
      let second = try await client.subscribe(to: ["c", "d"])
      try await client.post(contentsOf: [1], to: "b")
      try await client.post(contentsOf: [2], to: "d")
      for (subscription, body) in [(first, 1), (second, 2)] {
        var notifications = subscription.makeAsyncIterator()
        #expect(try await take(1, &notifications) == [body])
      }
    }
  }

  @Test func endOfASubscription() async throws {
    try await withMessaging { server in
      let client = try await server.connect()
      let subscription = try await client.subscribe(to: "q")
      #expect(try await client.subscriptions(of: "q").count == 1)
      try await client.post(1, to: "q")
      try await client.ping()
      subscription.cancel()
      // What was received is still there, and the server knows.
      var notifications = subscription.makeAsyncIterator()
      #expect(try await take(5, &notifications) == [1])
      #expect(try await client.subscriptions(of: "q").isEmpty)
      // So it does when one is dropped.
      _ = try await client.subscribe(to: "q")
      #expect(try await client.subscriptions(of: "q").isEmpty)
    }
  }

  @Test func cancelledTaskEndsItsSubscription() async throws {
    try await withMessaging { server in
      let client = try await server.connect()
      let begun = EventLog<Void>()
      let task = Task {
        let subscription = try await client.subscribe(to: "q")
        begun.add()
        for try await _ in subscription {}
      }
      try begun.wait()
      task.cancel()
      try await task.value
      #expect(try await client.subscriptions(of: "q").isEmpty)
    }
  }

  @Test(arguments: [1, 3, 100]) func bufferThatIsFullLosesNothing(buffer: Int) async throws {
    try await withMessaging { server in
      let poster = try await server.connect()
      try await poster.post(contentsOf: Array(0..<200), to: "q")
      let client = try await server.connect()
      let subscription = try await client.subscribe(
        to: "q", .init(start: .beginning, buffer: buffer))
      // Notifications that nobody takes do not keep answers from coming.
      try await client.ping()
      var notifications = subscription.makeAsyncIterator()
      #expect(try await take(150, &notifications) == Array(0..<150))
      try await poster.post(contentsOf: Array(200..<400), to: "q")
      #expect(try await take(250, &notifications) == Array(150..<400))
    }
  }

  @Test func patternWithAFullBufferEnds() async throws {
    try await withMessaging { server in
      let client = try await server.connect()
      let subscription = try await client.subscribe(to: ["q*"], .init(buffer: 3))
      try await client.post(contentsOf: Array(1...5), to: "q")
      try await client.ping()
      var notifications = subscription.makeAsyncIterator()
      #expect(try await take(3, &notifications) == [1, 2, 3])
      await #expect(throws: MessagingError.bufferFull) { try await notifications.next() }
      #expect(try await client.subscriptions(of: "q*").isEmpty)
    }
  }

  // MARK: - Acknowledging

  @Test(arguments: WireFormat.allCases) func acknowledgedPush(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      try await client.post(1, to: "q")
      let subscription = try await client.subscribe(to: "q", .init(acknowledges: true))
      var notifications = subscription.makeAsyncIterator()
      let first = try #require(try await notifications.next())
      #expect(first.body == 1 && first.claimID != nil)
      #expect(try await client.messages(in: "q") == [])
      try await first.acknowledge()
      #expect(try await client.messages(in: "q", includesClaimed: true) == [])
      // One that is given back is told again.
      try await client.post(2, to: "q")
      let second = try #require(try await notifications.next())
      try await second.release()
      let again = try #require(try await notifications.next())
      #expect(again.messageID == second.messageID && again.claimID != second.claimID)
      await #expect(throws: RequestError.self) { try await second.acknowledge() }
      try await again.acknowledge()
    }
  }

  /// Each message goes to one of the subscribers.
  @Test func acknowledgedPushIsShared() async throws {
    try await withMessaging { server in
      let bodies = EventLog<Int>()
      var workers: [Task<Void, any Error>] = []
      for _ in 0..<3 {
        let subscription = try await server.connect().subscribe(to: "q", .init(acknowledges: true))
        workers.append(
          Task {
            for try await notification in subscription {
              try await notification.acknowledge()
              bodies.add(try notification.decode(Int.self))
            }
          })
      }
      let poster = try await server.connect()
      for start in stride(from: 0, to: 200, by: 20) {
        try await poster.post(contentsOf: Array(start..<start + 20), to: "q")
      }
      #expect(try bodies.wait(for: 200).sorted() == Array(0..<200))
      for worker in workers { worker.cancel() }
      #expect(try await poster.messages(in: "q", includesClaimed: true) == [])
    }
  }

  // MARK: - Resuming

  @Test(arguments: WireFormat.allCases)
  func nothingIsMissedOrDoubledByALostConnection(format: WireFormat) async throws {
    try await withMessaging { server in
      let poster = try await server.connect()
      try await poster.post(0, to: "q")
      let listener = try PeerListener()
      async let connecting = server.connect(format, port: listener.port)
      var relay = try Relay(listener, to: server)
      let subscription = try await connecting.subscribe(to: "q")
      var notifications = subscription.makeAsyncIterator()
      // Before the first is heard of too.
      relay.cut()
      try await poster.post(1, to: "q")
      relay = try Relay(listener, to: server)
      #expect(try await take(1, &notifications) == [1])
      for round in 1...3 {
        let start = round * 100
        let live = Array(start..<start + 5)
        try await poster.post(contentsOf: live, to: "q")
        #expect(try await take(5, &notifications) == live)
        relay.cut()
        let missed = Array(start + 5..<start + 60)
        try await poster.post(contentsOf: missed, to: "q")
        relay = try Relay(listener, to: server)
        try await poster.post(start + 60, to: "q")
        #expect(try await take(56, &notifications) == missed + [start + 60])
      }
      relay.cut()
    }
  }

  @Test func whatWasNotAcknowledgedComesAgain() async throws {
    try await withMessaging { server in
      let poster = try await server.connect()
      let listener = try PeerListener()
      async let connecting = server.connect(port: listener.port)
      var relay = try Relay(listener, to: server)
      let subscription = try await connecting.subscribe(to: "q", .init(acknowledges: true))
      var notifications = subscription.makeAsyncIterator()
      try await poster.post(1, to: "q")
      let lost = try #require(try await notifications.next())
      relay.cut()
      relay = try Relay(listener, to: server)
      try await poster.deleteClaim(try #require(lost.claimID), of: "q")
      let again = try #require(try await notifications.next())
      #expect(again.messageID == lost.messageID)
      try await again.acknowledge()
      relay.cut()
    }
  }

  /// A subscription that the next connection may not have ends with the refusal.
  @Test func refusalAfterALostConnectionIsThrown() async throws {
    try await withTaskExecutorPreference(BlockingExecutor.shared) {
      let listener = try PeerListener()
      let server = MessagingServer(port: listener.port)
      async let connecting = server.connect(.json)
      var peer = try listener.acceptWebSocket()
      let client = try await connecting
      async let subscribing = client.subscribe(to: "q")
      try peer.answer(try peer.receiveRequest(), 404)
      let request = try peer.receiveRequest()
      let body = try #require(request["body"])
      guard case .map(let fields) = body else { throw PeerError.unexpected("\(body)") }
      #expect(fields["since"] == ["q": ""])
      let created: Value = ["subscriptions": [["queue_name": "q", "subscription_id": "s"]]]
      try peer.answer(request, 201, created)
      let subscription = try await subscribing
      peer.halfClose()
      peer = try listener.acceptWebSocket()
      try peer.answer(try peer.receiveRequest(), 403, ["error": "Not authentified."])
      var notifications = subscription.makeAsyncIterator()
      let error = try await #require(throws: RequestError.self) { try await notifications.next() }
      #expect(error.status == 403 && error.action == "subscription_create")
    }
  }
}
