// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging
import SwiftletMessagingClient
import SwiftletTestSupport
import Testing

/// Each action, in both encodings.
@Suite struct ActionTests {
  @Test(arguments: WireFormat.allCases) func queues(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      #expect(try await client.createQueue("a", metadata: ["k": [1, nil]]))
      #expect(try await !client.createQueue("a"))
      #expect(try await client.createQueue("b"))
      let queues = try await client.queues()
      #expect(queues.map(\.name) == ["a", "b"])
      #expect(queues.map(\.metadata) == [["k": [1, nil]], [:]])
      #expect(try await client.queues(after: "a", limit: 5).map(\.name) == ["b"])
      try await client.updateQueue("a", metadata: ["_default_message_ttl": 77])
      #expect(try await client.metadata(of: "a") == ["_default_message_ttl": 77])
      try await client.post("x", to: "a")
      #expect(try await client.messages(in: "a").first?.ttl == .seconds(77))
      try await client.deleteQueue("a")
      #expect(try await client.metadata(of: "a") == [:])
      #expect(try await client.queues().count == 1)
      try await client.ping()
      #expect(try await client.isHealthy())
    }
  }

  @Test(arguments: WireFormat.allCases) func statistics(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      try await client.createQueue("q")
      let empty = try await client.statistics(of: "q")
      #expect(empty.claimed == 0 && empty.free == 0)
      #expect(empty.oldest == nil && empty.newest == nil)
      let ids = try await client.post(contentsOf: [1, 2, 3], to: "q")
      _ = try await client.claim(from: "q", limit: 1)
      let statistics = try await client.statistics(of: "q")
      #expect(statistics.claimed == 1 && statistics.free == 2)
      #expect(statistics.oldest?.id == ids[0] && statistics.newest?.id == ids[2])
      #expect(statistics.newest?.body == 3)
      try await client.purge("q")
      #expect(try await client.statistics(of: "q").free == 0)
      let error = try await #require(throws: RequestError.self) {
        try await client.statistics(of: "none")
      }
      #expect(error.status == 404 && error.action == "queue_get_stats")
    }
  }

  @Test(arguments: WireFormat.allCases) func messages(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      let order = Order(item: "tea", count: 2)
      let first = try await client.post(order, to: "q", ttl: .seconds(60))
      let ids = try await client.post(contentsOf: [order, order], to: "q", ttl: .seconds(90.5))
      let listed = try await client.messages(in: "q")
      #expect(listed.map(\.id) == [first] + ids)
      #expect(listed.map(\.ttl) == [60, 91, 91].map { .seconds($0) })
      #expect(try listed[0].decode(Order.self) == order)
      #expect(listed[0].body == ["item": "tea", "count": 2])
      #expect(try await client.messages(in: "q", includesOwn: false) == [])
      #expect(try await client.messages(in: "q", after: first, limit: 1).map(\.id) == [ids[0]])
      #expect(try await client.message(first, in: "q").id == first)
      #expect(try await client.messages([ids[1], first], in: "q").map(\.id) == [ids[1], first])
      try await client.delete(first, from: "q")
      let error = try await #require(throws: RequestError.self) {
        try await client.message(first, in: "q")
      }
      #expect(error.status == 404)
      #expect(error.exception?.contains("Message \(first) does not exist") == true)
      #expect(error.error == nil)
      try await client.delete([ids[0]], from: "q")
      #expect(try await client.pop(5, from: "q").map(\.id) == [ids[1]])
      #expect(try await client.pop(from: "q") == [])
    }
  }

  @Test(arguments: WireFormat.allCases) func claims(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      #expect(try await client.claim(from: "q") == nil)
      let ids = try await client.post(contentsOf: ["a", "b"], to: "q")
      let claim = try #require(
        try await client.claim(from: "q", limit: 2, ttl: .seconds(100), grace: .seconds(60)))
      #expect(claim.messages.map(\.id) == ids)
      #expect(claim.messages.map(\.claimID) == [claim.id, claim.id])
      #expect(try await client.messages(in: "q") == [])
      #expect(try await client.messages(in: "q", includesClaimed: true).count == 2)
      let refused = try await #require(throws: RequestError.self) {
        try await client.delete(ids[0], from: "q")
      }
      #expect(refused.status == 403 && refused.error?.contains("valid claim ID") == true)
      try await client.delete(ids[0], from: "q", claim: claim.id)
      try await client.updateClaim(claim.id, of: "q", ttl: .seconds(200))
      let state = try await client.claim(claim.id, of: "q")
      #expect(state.ttl == .seconds(200) && state.messages.map(\.id) == [ids[1]])
      try await client.deleteClaim(claim.id, of: "q")
      #expect(try await client.messages(in: "q").map(\.id) == [ids[1]])
      await #expect(throws: RequestError.self) { try await client.claim(claim.id, of: "q") }
    }
  }

  @Test(arguments: WireFormat.allCases) func urlSubscriptions(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      let url = "http://hook.invalid/"
      let id = try await client.subscribe(
        url, to: "q", ttl: .seconds(100), options: ["post_headers": ["A": "b"]])
      let record = try await client.subscription(id, of: "q")
      #expect(record.subscriber == url && record.queue == "q" && record.ttl == .seconds(100))
      #expect(record.options == ["post_headers": ["A": "b"]] && !record.isConfirmed)
      try await client.updateSubscription(id, of: "q", ttl: .seconds(200))
      #expect(try await client.subscriptions(of: "q").map(\.ttl) == [.seconds(200)])
      let conflict = try await #require(throws: RequestError.self) {
        try await client.subscribe(url, to: "q")
      }
      #expect(conflict.status == 409 && conflict.error == "Subscription q not created.")
      try await client.deleteSubscription(id, of: "q")
      #expect(try await client.subscriptions(of: "q", after: nil, limit: 1) == [])
    }
  }

  @Test(arguments: WireFormat.allCases) func refusals(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      let bad = try await #require(throws: RequestError.self) {
        try await client.createQueue("a b")
      }
      #expect(bad.status == 400 && bad.action == "queue_create" && bad.error == nil)
      #expect(bad.exception?.hasPrefix("Queue names may only contain") == true)
      let unknown = try await #require(throws: RequestError.self) { try await client.ask("dance") }
      #expect(unknown.error == "dance is not a valid action" && unknown.exception == nil)
      #expect(
        "\(unknown)" == "dance was refused with status 400: dance is not a valid action")
    }
  }

  @Test func valuesOnlyMessagePackHas() async throws {
    try await withMessaging { server in
      let client = try await server.connect(.messagePack)
      let values: [Value] = [
        .binary([0xff, 0]), .ext(5, [1, 2]), .float(1.5), .uint(.max), .double(-.infinity),
      ]
      try await client.post(.array(values), to: "q")
      #expect(try await client.pop(from: "q").map(\.body) == [.array(values)])
      try await client.post([UInt8](0...255), to: "q")
      let bytes = try #require(try await client.pop(from: "q").first)
      #expect(bytes.body == .binary(Array(0...255)))
      #expect(try bytes.decode([UInt8].self) == Array(0...255))
    }
  }

  /// Each gets the answer to what it asked.
  @Test(arguments: WireFormat.allCases)
  func manyTasksAskAtOnce(format: WireFormat) async throws {
    try await withMessaging { server in
      let client = try await server.connect(format)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<300 {
          group.addTask {
            let queue = "q\(number)"
            let id = try await client.post(number, to: queue)
            let messages = try await client.messages(in: queue)
            #expect(messages.map(\.id) == [id] && messages.map(\.body) == [.int(Int64(number))])
          }
        }
        try await group.waitForAll()
      }
    }
  }
}
