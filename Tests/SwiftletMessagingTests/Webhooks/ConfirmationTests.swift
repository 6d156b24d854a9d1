// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication
import SwiftletTestSupport
import Testing

@testable import SwiftletMessaging

@Suite struct ConfirmationTests {
  private let test: WebhookTest

  init() throws {
    let authentication = Authentication(
      tokens: try Tokens(parsing: "good p\n"), signingKey: SigningKey(Array("secret".utf8)))
    test = try WebhookTest(authentication: authentication) { $0.requiresConfirmation = true }
    test.client.send([
      "action": "authenticate", "headers": ["X-Auth-Token": "good", "X-Project-ID": "p"],
    ])
    _ = test.client.takeEffects()
  }

  private static func json(_ request: HookRequest) throws -> Value {
    try request.body.withUnsafeBytes { try JSON.decode($0) }
  }

  /// Says whether a subscription is wanted, with the permit of what its URL was sent.
  private static func answer(
    _ test: WebhookTest, _ id: Value, _ sent: Value, _ changes: Value = ["confirmed": true],
    by client: Client
  ) throws -> Client.Response {
    guard case .map(var body) = changes else { throw Answer.schemaFailure }
    body.set("queue_name", "q")
    body.set("subscription_id", id)
    let headers: Value = [
      "Client-ID": .string(Client.id), "X-Project-ID": sent["X-Project-ID"] ?? .null,
      "URL-Signature": sent["URL-Signature"] ?? .null,
      "URL-Expires": sent["URL-Expires"] ?? .null,
      "URL-Methods": .array([sent["URL-Methods"] ?? .null]),
      "URL-Paths": .array([sent["URL-Paths"] ?? .null]),
    ]
    return try client.ask([
      "action": "subscription_update", "headers": headers, "body": .map(body),
    ])
  }

  @Test func nothingIsSentBeforeTheConfirmation() async throws {
    try await test.run { test in
      let id = try test.subscribe(options: ["post_data": "nothing of it"])
      try test.post("early")
      let peer = try test.receiver.accept()
      let sent = try Self.json(try peer.readRequest())
      try peer.respond(200)
      let path = "/v2/queues/q/subscriptions/\(id.text ?? "")/confirm"
      #expect(
        sent == [
          "Message_Type": "SubscriptionConfirmation",
          "Message": "You have chosen to subscribe to the queue: q",
          "URL-Signature": sent["URL-Signature"] ?? .null, "URL-Methods": "PUT",
          "URL-Paths": .string(path), "X-Project-ID": "p", "URL-Expires": "2023-11-15T22:13:20",
          "SubscribeBody": ["confirmed": true], "UnsubscribeBody": ["confirmed": false],
          "queue_name": "q",
        ])
      try test.wait(for: \.waitingBytesNow, 0)

      // By who has the permit, without a token.
      let stranger = Client(test.service, .json, "p")
      #expect(try Self.answer(test, id, sent, by: stranger).status == 204)
      try test.post("late")
      let body = try peer.readRequest().body
      #expect(String(decoding: body, as: UTF8.self) == "nothing of it")
      try peer.respond(200)
      try test.wait(for: \.deliveredNow, 2)
      #expect(test.counters.droppedNow == 0)
    }
  }

  @Test func clientCannotConfirmForTheURL() async throws {
    try await test.run { test in
      let id = try test.subscribe()
      let body: Value = ["queue_name": "q", "subscription_id": id, "confirmed": true]
      let response = try test.client.ask("subscription_update", body)
      #expect(response.status == 403)
      #expect(
        response.body
          == refusal("A subscription is confirmed with the permit that its URL was sent."))
    }
  }

  @Test func permitIsForItsSubscriptionAndForThatAlone() async throws {
    try await test.run { test in
      let id = try test.subscribe()
      let other = try test.subscribe("\(test.url)/other")
      let peer = try test.receiver.accept()
      let sent = try Self.json(try peer.readRequest())
      let stranger = Client(test.service, .json, "p")
      let wrong: [(Value, Value)] = [
        (other, ["confirmed": true]), (id, ["confirmed": true, "ttl": 3600]),
        (id, ["confirmed": true, "options": [:]]), (id, ["ttl": 3600]),
      ]
      for (id, changes) in wrong {
        let response = try Self.answer(test, id, sent, changes, by: stranger)
        #expect(response.status == 403 && response.body == complaint("Not authentified."))
      }
      test.clock.advance(seconds: Confirmation.lifetime)
      #expect(try Self.answer(test, id, sent, by: stranger).status == 403)
    }
  }

  @Test func withdrawalIsToldAndEndsTheMessages() async throws {
    try await test.run { test in
      let id = try test.subscribe()
      let peer = try test.receiver.accept()
      let sent = try Self.json(try peer.readRequest())
      try peer.respond(200)
      #expect(try Self.answer(test, id, sent, by: test.client).status == 204)
      try test.post(1, 2)
      _ = try peer.readRequest()
      #expect(
        try Self.answer(test, id, sent, ["confirmed": false], by: test.client).status == 204)
      try peer.respond(200)
      let told = try Self.json(try peer.readRequest())
      try peer.respond(200)
      #expect(told["Message_Type"] == "UnsubscribeConfirmation")
      #expect(test.counters.droppedNow == 1)
      // It can be confirmed again.
      #expect(try Self.answer(test, id, told, by: test.client).status == 204)
      try test.post(3)
      #expect(try peer.take() == 3)
    }
  }

  // MARK: - Over HTTP

  /// The status that a PUT with a permit is answered with.
  private static func put(
    _ server: RunningServer, _ sent: Value, path: String? = nil, project: String = "p",
    signature: String? = nil, body: String = #"{"confirmed": true}"#
  ) throws -> String {
    let paths = sent["URL-Paths"]?.text ?? ""
    let peer = try Peer(port: server.port)
    try peer.write(
      """
      PUT \(path ?? paths) HTTP/1.1\r\nHost: h\r\nX-Project-ID: \(project)\r\n\
      URL-Paths: \(paths)\r\nURL-Methods: PUT\r\n\
      URL-Expires: \(sent["URL-Expires"]?.text ?? "")\r\n\
      URL-Signature: \(signature ?? sent["URL-Signature"]?.text ?? "")\r\n\
      Content-Length: \(body.utf8.count)\r\n\r\n\(body)
      """)
    return String(try peer.readHead().split(separator: " ")[1])
  }

  @Test func putConfirmsAndWithdraws() async throws {
    try await test.serve { test, server in
      let id = try test.subscribe()
      let peer = try test.receiver.accept()
      let sent = try Self.json(try peer.readRequest())
      try peer.respond(200)
      #expect(try Self.put(server, sent) == "200")
      try test.post(1)
      #expect(try peer.take() == 1)
      #expect(try Self.put(server, sent, body: #"{"confirmed": false}"#) == "200")
      let told = try Self.json(try peer.readRequest())
      try peer.respond(200)
      #expect(told["Message_Type"] == "UnsubscribeConfirmation")
      try test.client.ask("subscription_delete", ["queue_name": "q", "subscription_id": id])
      #expect(try Self.put(server, told) == "404")
    }
  }

  @Test func putWithoutAGoodPermitIsRefused() async throws {
    try await test.serve { test, server in
      try test.subscribe()
      // Before the other one is asked too: either may be first to connect.
      let sent = try Self.json(try test.receiver.accept().readRequest())
      let other = try test.subscribe("\(test.url)/other")
      let otherPath = "/v2/queues/q/subscriptions/\(other.text ?? "")/confirm"
      #expect(try Self.put(server, sent, path: otherPath) == "403")
      #expect(try Self.put(server, sent, project: "p2") == "403")
      #expect(try Self.put(server, sent, signature: "") == "403")
      for path in ["/v2/queues/", "/v2/queues/q/messages", otherPath + "/", "/v2/queues//x/y/z/"] {
        #expect(try Self.put(server, sent, path: path) == "404")
      }
      for body in ["{}", "[]", "x", #"{"confirmed": 1}"#] {
        #expect(try Self.put(server, sent, body: body) == "400")
      }
      test.clock.advance(seconds: Confirmation.lifetime)
      #expect(try Self.put(server, sent) == "403")
    }
  }
}
