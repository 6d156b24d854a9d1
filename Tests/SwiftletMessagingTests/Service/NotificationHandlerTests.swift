// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletTestSupport
import Synchronization
import Testing

@testable import SwiftletMessaging

/// What subscriptions offer beyond Zaqar's, over sockets.
@Suite struct NotificationHandlerTests {
  typealias Wire = HandlerTests

  private static func subscribe(
    _ peer: Peer, _ body: Value, _ format: WireFormat = .json
  ) throws -> Value {
    let response = try peer.ask(Wire.request("subscription_create", body), format)
    #expect(response["headers"]?["status"] == 201)
    return response["body"] ?? .null
  }

  @discardableResult
  private static func post(_ peer: Peer, _ queue: Value, _ bodies: [Value]) throws -> [Value] {
    let messages = bodies.map { body -> Value in ["body": body] }
    let response = try peer.ask(
      Wire.request("message_post", ["queue_name": queue, "messages": .array(messages)]), .json)
    guard case .array(let ids)? = response["body"]?["message_ids"] else { return [] }
    return ids
  }

  /// Nothing has been said to this peer that it has not read.
  private static func expectSilence(_ peer: Peer) throws {
    #expect(try peer.ask(Wire.request("ping"), .json)["body"] == ["message": "pong"])
  }

  @Test(arguments: WireFormat.allCases)
  func idsAreTold(format: WireFormat) async throws {
    try await Wire().serve { server in
      let peer = try server.open("/v2")
      let id = try Self.subscribe(
        peer, ["queue_name": "q", "options": ["ids": true]], format)["subscription_id"]!
      let poster = try server.open("/v2")
      let messages = try Self.post(poster, "q", [1, 2])
      for (body, message) in zip([1, 2] as [Value], messages) {
        #expect(
          try peer.receiveValue(format) == [
            "body": body, "ttl": 3600, "queue_name": "q", "Message_Type": "Notification",
            "message_id": message, "subscription_id": id,
          ])
      }
      // Without them from now on.
      let update = Wire.request(
        "subscription_update", ["queue_name": "q", "subscription_id": id, "options": [:]])
      #expect(try peer.ask(update, format)["headers"]?["status"] == 204)
      try Self.post(poster, "q", [3])
      #expect(try peer.receiveValue(format) == Wire.notification("q", 3))
    }
  }

  // MARK: - The past

  @Test func pastIsToldAndThenThePresent() async throws {
    try await Wire().serve { server in
      let poster = try server.open("/v2")
      let bodies = (0..<100).map { Value.int($0) }
      let ids = try Self.post(poster, "q", bodies)
      let peer = try server.open("/v2")
      _ = try Self.subscribe(peer, ["queue_name": "q", "since": ids[49]])
      for body in bodies[50...] {
        #expect(try peer.receiveValue(.json) == Wire.notification("q", body))
      }
      try Self.post(poster, "q", ["live"])
      #expect(try peer.receiveValue(.json) == Wire.notification("q", "live"))
      let all = try server.open("/v2")
      _ = try Self.subscribe(all, ["queue_name": "q", "since": ""], .messagePack)
      for body in bodies + ["live"] {
        #expect(try all.receiveValue(.messagePack) == Wire.notification("q", body))
      }
    }
  }

  @Test func pastOfSeveralQueues() async throws {
    try await Wire().serve { server in
      let peer = try server.open("/v2")
      let a = try Self.post(peer, "a", [1, 2])
      for queue in ["o.x", "o.y", "b"] as [Value] { try Self.post(peer, queue, [3]) }
      let since: Value = ["a": a[0], "o.x": "", "none": ""]
      let all: Value = ["queue_names": ["a", "o.*", "none", "b"], "since": since]
      _ = try Self.subscribe(peer, all)
      var told = Set<Value>()
      for _ in 0..<2 { told.insert(try peer.receiveValue(.json)) }
      #expect(told == [Wire.notification("a", 2), Wire.notification("o.x", 3)])
      try Self.expectSilence(peer)
    }
  }

  /// Subscribers come while others post: each is told all, once, in order.
  @Test(arguments: [false, true])
  func pastAndPresentJoinWhileOthersPost(storeIsSlow: Bool) async throws {
    let store = SlowStore()
    if storeIsSlow { store.slowDown() }
    try await Wire().serve(store: store, loops: 2) { server in
      let count = 400
      let isOver = Atomic(false)
      let posted = EventLog<Bool>()
      Thread.detachNewThread {
        while !isOver.load(ordering: .relaxed) { if store.heldCount > 0 { store.release() } }
      }
      defer { isOver.store(true, ordering: .relaxed) }
      let poster = try server.open("/v2")
      Thread.detachNewThread {
        let ids = try? (0..<count).map { try Self.post(poster, "q", [.int(Int64($0))]) }
        posted.add(ids?.count == count)
      }
      var peers: [Peer] = []
      while posted.all.isEmpty {
        let peer = try server.open("/v2")
        _ = try Self.subscribe(peer, ["queue_name": "q", "since": ""])
        peers.append(peer)
        if peers.count == 200 { _ = try posted.wait() }
      }
      #expect(posted.all == [true])
      for peer in peers {
        for number in 0..<count {
          try #require(try peer.receiveValue(.json) == Wire.notification("q", .int(Int64(number))))
        }
        try Self.expectSilence(peer)
      }
    }
  }

  // MARK: - Acknowledged

  private static func delete(_ peer: Peer, _ told: Value) throws {
    let body: Value = [
      "queue_name": told["queue_name"]!, "message_id": told["message_id"]!,
      "claim_id": told["claim_id"]!,
    ]
    #expect(try peer.ask(Wire.request("message_delete", body), .json)["headers"]?["status"] == 204)
  }

  @Test(arguments: WireFormat.allCases)
  func messagesAreClaimedForTheSubscriber(format: WireFormat) async throws {
    try await Wire().serve { server in
      let poster = try server.open("/v2")
      let early = try Self.post(poster, "q", ["early"])
      let peer = try server.open("/v2")
      let id = try Self.subscribe(
        peer, ["queue_name": "q", "options": ["ack": true]], format)["subscription_id"]!
      let late = try Self.post(poster, "q", ["late"])
      for (body, message) in zip(["early", "late"] as [Value], early + late) {
        let told = try peer.receiveValue(format)
        let claim = try #require(told["claim_id"])
        #expect(
          told == [
            "body": body, "ttl": 3600, "queue_name": "q", "Message_Type": "Notification",
            "message_id": message, "claim_id": claim, "subscription_id": id,
          ])
        let get = Wire.request("claim_get", ["queue_name": "q", "claim_id": claim])
        #expect(try poster.ask(get, .json)["body"]?["messages"]?[0]?["id"] == message)
        try Self.delete(poster, told)
      }
      let stats = try poster.ask(Wire.request("queue_get_stats", ["queue_name": "q"]), .json)
      #expect(stats["body"]?["messages"]?["total"] == 0)
    }
  }

  @Test func subscribersShareTheWork() async throws {
    try await Wire().serve(loops: 2) { server in
      let peers = try (0..<3).map { _ in try server.open("/v2") }
      for peer in peers {
        _ = try Self.subscribe(peer, ["queue_name": "q", "options": ["ack": true]])
      }
      let poster = try server.open("/v2")
      try Self.post(poster, "q", (0..<12).map { .int($0) })
      var told = Set<Value>()
      for peer in peers {
        for _ in 0..<4 { told.insert(try peer.receiveValue(.json)["body"]!) }
        try Self.expectSilence(peer)
      }
      #expect(told.count == 12)
    }
  }

  @Test func whatASubscriberLeavesGoesToAnother() async throws {
    try await Wire().serve { server in
      let first = try server.open("/v2")
      let ack: Value = ["queue_name": "q", "options": ["ack": true]]
      _ = try Self.subscribe(first, ack)
      let poster = try server.open("/v2")
      try Self.post(poster, "q", [1, 2])
      #expect(try first.receiveValue(.json)["body"] == 1)
      let second = try first.receiveValue(.json)
      try Self.delete(poster, second)
      let heir = try server.open("/v2")
      _ = try Self.subscribe(heir, ack)
      try Self.expectSilence(heir)
      first.reset()
      let told = try heir.receiveValue(.json)
      #expect(told["body"] == 1)
      // Released by hand it comes again.
      let release = Wire.request(
        "claim_delete", ["queue_name": "q", "claim_id": told["claim_id"]!])
      #expect(try heir.ask(release, .json)["headers"]?["status"] == 204)
      #expect(try heir.receiveValue(.json)["body"] == 1)
      let change = Wire.request(
        "subscription_update",
        ["queue_name": "q", "subscription_id": told["subscription_id"]!, "options": [:]])
      #expect(
        try heir.ask(change, .json)["body"]
          == refusal("The option ack of a subscription cannot be changed."))
    }
  }

  // MARK: - Patterns

  @Test func subscriptionsToPatternsAreListedAndChanged() async throws {
    try await Wire().serve(loops: 2) { server in
      let peers = try (0..<3).map { _ in try server.open("/v2") }
      let ids = try peers.map { peer in
        try Self.subscribe(
          peer, ["queue_names": ["o.*", "x"], "ttl": 100, "options": ["a": 1]])["subscriptions"]![
            0]!["subscription_id"]!.text!
      }
      let peer = peers[0]
      func list(_ more: [(String, Value)]) throws -> [String?] {
        var body = Value.Map()
        body.set("queue_name", "o.*")
        for (key, value) in more { body.set(key, value) }
        let answer = try peer.ask(Wire.request("subscription_list", .map(body)), .json)["body"]
        guard case .array(let list)? = answer?["subscriptions"] else { return [] }
        return list.map { $0["id"]?.text }
      }
      let sorted = ids.sorted()
      #expect(try list([]) == sorted)
      #expect(try list([("limit", 2)]) == Array(sorted[..<2]))
      #expect(try list([("marker", .string(sorted[1]))]) == [sorted[2]])
      func ask(_ action: String, _ more: Value = [:]) throws -> Value {
        guard case .map(var body) = more else { return .null }
        body.set("queue_name", "o.*")
        body.set("subscription_id", .string(ids[0]))
        return try peer.ask(Wire.request(action, .map(body)), .json)
      }
      #expect(
        try ask("subscription_update", ["ttl": 200, "options": ["ids": true], "confirmed": true])[
          "headers"]?["status"] == 204)
      let one = try ask("subscription_get")["body"]!
      #expect(one["id"] == .string(ids[0]) && one["source"] == "o.*" && one["ttl"] == 200)
      #expect(one["options"] == ["ids": true] && one["confirmed"] == true)
      #expect(one["subscriber"]?.text?.hasPrefix("ws-connection:") ?? false)
      try Self.post(peers[1], "o.a", [1])
      #expect(try peer.receiveValue(.json)["subscription_id"] == .string(ids[0]))
      #expect(try ask("subscription_delete")["headers"]?["status"] == 204)
      #expect(try ask("subscription_get")["headers"]?["status"] == 404)
      #expect(try ask("subscription_update")["headers"]?["status"] == 404)
      #expect(try list([]) == sorted.filter { $0 != ids[0] })
      try Self.post(peer, "o.a", [2])
      try Self.expectSilence(peer)
    }
  }

  /// What one request names doubly is told once; what two requests name is told by each of them.
  @Test func oneRequestTellsOnce() async throws {
    try await Wire().serve { server in
      let peer = try server.open("/v2")
      let options: Value = ["ids": true]
      let first = try Self.subscribe(
        peer, ["queue_names": ["a*", "*b", "ab"], "options": options])["subscriptions"]!
      let second = try Self.subscribe(
        peer, ["queue_names": ["*"], "options": options])["subscriptions"]!
      let poster = try server.open("/v2")
      try Self.post(poster, "ab", [1])
      var told = Set<Value?>()
      for _ in 0..<2 { told.insert(try peer.receiveValue(.json)["subscription_id"]) }
      #expect(told == [first[0]!["subscription_id"], second[0]!["subscription_id"]])
      try Self.expectSilence(peer)
      // Without the first the next one tells.
      for id in [first[0]!["subscription_id"]!, second[0]!["subscription_id"]!] {
        for name in ["a*", "*"] as [Value] {
          _ = try peer.ask(
            Wire.request("subscription_delete", ["queue_name": name, "subscription_id": id]),
            .json)
        }
      }
      try Self.post(poster, "ab", [2])
      #expect(try peer.receiveValue(.json)["subscription_id"] == first[1]!["subscription_id"])
      try Self.expectSilence(peer)
    }
  }

  @Test func queueThatIsDeletedKeepsItsSubscriptions() async throws {
    try await Wire().serve { server in
      let peer = try server.open("/v2")
      _ = try Self.subscribe(peer, ["queue_name": "q"])
      _ = try peer.ask(Wire.request("queue_delete", ["queue_name": "q"]), .json)
      let poster = try server.open("/v2")
      try Self.post(poster, "q", [1])
      #expect(try peer.receiveValue(.json) == Wire.notification("q", 1))
    }
  }
}
