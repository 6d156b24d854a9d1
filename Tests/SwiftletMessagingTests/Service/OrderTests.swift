// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletCore
import Testing

@testable import SwiftletMessaging

/// Answers that come late, from other threads, or not at all.
@Suite struct OrderTests {
  private let store = SlowStore()
  private let service: TestService
  private let client: Client

  init() {
    service = TestService(store: store)
    client = service.client()
    store.slowDown()
  }

  private func send(_ action: String, _ body: Value = [:], id: Int64) {
    client.send(
      ["action": .string(action), "headers": client.headers, "body": body, "id": .int(id)])
  }

  /// The ids of the responses said since the last call.
  private func said() throws -> [Int64] {
    try client.takeMessages().map { bytes, _ in
      try WireFormat.json.decode(bytes)["id"]?.integer ?? -1
    }
  }

  @Test func answersLeaveInTheOrderOfTheRequests() throws {
    for id in 1...4 { send("queue_list", id: Int64(id)) }
    // Answered at once, but not before the others.
    send("nothing", id: 5)
    send("ping", id: 6)
    #expect(try said() == [] && client.conversation.isBusy)
    store.release(1)
    #expect(client.callBacks.all.count == 1)
    client.flush()
    #expect(try said() == [])
    store.release(0)
    client.flush()
    #expect(try said() == [1, 2])
    store.release(1)
    client.flush()
    #expect(try said() == [])
    store.release(0)
    client.flush()
    #expect(try said() == [3, 4, 5, 6] && !client.conversation.isBusy)
    send("ping", id: 7)
    #expect(try said() == [7])
  }

  @Test func onlyOneCallBackIsAskedForAtATime() throws {
    for id in 1...3 { send("queue_list", id: Int64(id)) }
    for _ in 1...3 { store.release() }
    #expect(client.callBacks.all.count == 1)
    client.flush()
    #expect(try said() == [1, 2, 3])
    send("queue_list", id: 4)
    store.release()
    #expect(client.callBacks.all.count == 2)
  }

  @Test func aResponseComesBeforeWhatItCaused() throws {
    send("message_post", ["queue_name": "q", "messages": [["body": 1]]], id: 1)
    // As a hub does when it hears of the post, which may be before the answer comes.
    Array(#"{"id": 2}"#.utf8).withUnsafeBytes {
      client.conversation.say($0, .text) { _ in Issue.record("too early") }
    }
    store.release()
    client.flush()
    #expect(try said() == [1, 2])
  }

  @Test func connectionIsNotReadWhileMuchIsUnderWay() throws {
    let bound = MessagingSettings().maxRequestsUnderWay
    for id in 1..<bound { send("queue_list", id: Int64(id)) }
    #expect(client.takeEffects().isEmpty)
    send("queue_list", id: 0)
    // What had been read already still comes.
    send("queue_list", id: 0)
    let pause = client.takeEffects()
    guard pause.count == 1, case .other(.pauseReading) = pause[0] else {
      Issue.record("no pause, or more than one: \(pause)")
      return
    }
    for _ in 0..<bound / 2 { store.release() }
    client.flush()
    #expect(try said().count == bound / 2)
    store.release()
    client.flush()
    guard case .other(.resumeReading)? = client.takeEffects().last else {
      Issue.record("reading is not resumed")
      return
    }
    while store.heldCount > 0 { store.release() }
    client.flush()
    #expect(try said().count == bound / 2)
  }

  @Test func subscriptionBeginsWithItsAnswer() throws {
    send("subscription_create", ["queue_names": ["a", "b"]], id: 1)
    store.release(1)
    store.release(0)
    client.flush()
    let effects = client.takeEffects()
    #expect(effects.count == 2)
    guard case .subscribe(let subscriptions) = effects[0], case .send = effects[1] else {
      Issue.record("not the subscriptions and an answer")
      return
    }
    #expect(subscriptions.map(\.queue.name) == ["a", "b"])
  }

  @Test func connectionThatEndsBeforeItsSubscriptionIsStored() throws {
    send("subscription_create", ["queue_name": "q"], id: 1)
    client.conversation.end()
    while store.heldCount > 0 { store.release() }
    let other = service.client()
    other.send([
      "action": "subscription_list", "headers": other.headers, "body": ["queue_name": "q"],
    ])
    while store.heldCount > 0 { store.release() }
    other.flush()
    #expect(try other.takeResponse().body == ["subscriptions": []])
  }

  @Test func answersFromOtherThreads() throws {
    let count = 1000
    var settings = MessagingSettings()
    settings.maxRequestsUnderWay = count + 1
    let client = TestService(settings, store: store).client()
    while store.heldCount > 0 { store.release() }
    for id in 0..<count {
      client.send(
        ["action": "queue_list", "headers": client.headers, "id": .int(Int64(id))])
    }
    for _ in 0..<4 {
      Thread.detachNewThread { [store] in
        for _ in 0..<count / 4 { store.releaseAny() }
      }
    }
    var said: [Int64] = []
    var heard = 0
    while said.count < count {
      heard += 1
      try client.callBacks.wait(for: heard)
      client.flush()
      said += try client.takeMessages().map { bytes, _ in
        try WireFormat.json.decode(bytes)["id"]?.integer ?? -1
      }
    }
    #expect(said == (0..<count).map { Int64($0) })
  }

  // MARK: - A store that fails

  static let failures: [(String, Value, Int, String?)] = [
    ("queue_list", [:], 503, "Queues could not be listed."),
    ("queue_create", ["queue_name": "q"], 503, "Queue q could not be created."),
    ("queue_update", ["queue_name": "q", "metadata": nil], 503, "Queue q could not be updated."),
    ("queue_delete", ["queue_name": "q"], 503, "Queue q could not be deleted."),
    ("queue_get", ["queue_name": "q"], 503, "Cannot retrieve queue q."),
    ("queue_get_stats", ["queue_name": "q"], 503, "Cannot retrieve queue q stats."),
    ("queue_purge", ["queue_name": "q"], 503, nil),
    ("subscription_list", ["queue_name": "q"], 503, "Subscriptions could not be listed."),
    ("subscription_create", ["queue_name": "q"], 503, "Subscription q could not be created."),
    (
      "subscription_create", ["queue_names": ["q", "r", "s*"]], 503,
      "Subscription q, r, s* could not be created."
    ),
    (
      "subscription_create", ["queue_name": "q", "subscriber": "http://h"], 503,
      "Subscription q could not be created."
    ),
    (
      "subscription_delete", ["queue_name": "q", "subscription_id": id], 503,
      "Subscription \(MessageActionTests.noID) for queue q could not be deleted."
    ),
    (
      "subscription_get", ["queue_name": "q", "subscription_id": id], 503,
      "Cannot retrieve subscription \(MessageActionTests.noID)."
    ),
    (
      "subscription_update", ["queue_name": "q", "subscription_id": id], 503,
      "Subscription \(MessageActionTests.noID) could not be updated."
    ),
    ("message_post", ["queue_name": "q", "messages": [["body": 1]]], 500, "Unexpected error."),
    ("message_post", ["queue_name": "q", "messages": []], 500, "Unexpected error."),
    ("message_list", ["queue_name": "q"], 500, "Unexpected error."),
    ("message_get", ["queue_name": "q", "message_id": id], 500, "Unexpected error."),
    ("message_get_many", ["queue_name": "q", "message_ids": [id]], 500, "Unexpected error."),
    ("message_delete", ["queue_name": "q", "message_id": id], 500, "Unexpected error."),
    ("message_delete_many", ["queue_name": "q", "message_ids": [id]], 500, "Unexpected error."),
    ("message_delete_many", ["queue_name": "q", "pop": 1], 500, "Unexpected error."),
    ("claim_create", ["queue_name": "q"], 500, "Unexpected error."),
    ("claim_get", ["queue_name": "q", "claim_id": id], 500, "Unexpected error."),
    ("claim_update", ["queue_name": "q", "claim_id": id], 500, "Unexpected error."),
    ("claim_delete", ["queue_name": "q", "claim_id": id], 500, "Unexpected error."),
  ]
  static let id = Value.string(MessageActionTests.noID)

  @Test(arguments: WireFormat.allCases, failures)
  func storeThatDoesNotAnswer(
    format: WireFormat, wrong: (action: String, body: Value, status: Int, error: String?)
  ) throws {
    let store = SlowStore()
    let client = TestService(store: store).client(format)
    store.fail(StoreError("the disk is gone"))
    let response = try client.ask(wrong.action, wrong.body)
    #expect(response.status == wrong.status)
    #expect(response.body == refusal("the disk is gone", wrong.error))
  }

  @Test func storeThatDoesNotAnswerIsIllHealth() throws {
    let store = SlowStore()
    let client = TestService(store: store).client()
    store.fail(StoreError("the disk is gone"))
    let response = try client.ask(["action": "health"])
    #expect(response.status == 503 && response.body == ["storage_reachable": false])
  }
}
