// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication
import SwiftletCore
import Testing

@testable import SwiftletMessaging

@Suite struct AuthenticationTests {
  private let service: TestService

  init() throws {
    // The clock of the tests stands at 2023-11-14T22:13:20Z.
    let tokens = try Tokens(
      parsing: """
        good p
        short p 2023-11-14T22:14:20Z
        other p2
        over p 2023-11-14T22:13:20Z
        """)
    service = TestService(
      authentication: Authentication(tokens: tokens, signingKey: SigningKey(Array("secret".utf8))))
  }

  private func authenticate(
    _ client: Client, _ token: String, project: String = "any"
  ) -> [Client.Effect] {
    client.send([
      "action": "authenticate",
      "headers": ["X-Auth-Token": .string(token), "X-Project-ID": .string(project)],
    ])
    return client.takeEffects()
  }

  private func response(_ effects: [Client.Effect]) throws -> Value {
    guard case .send(let bytes, let kind)? = effects.last else { return .null }
    return try (kind == .text ? WireFormat.json : .messagePack).decode(bytes)
  }

  static let request: Value = ["action": "authenticate", "body": [:], "headers": [:], "api": "v2"]
  static let strangers = complaint("Not authentified.")

  @Test(arguments: WireFormat.allCases)
  func goodTokenLetsIntoItsProject(format: WireFormat) throws {
    let client = service.client(format)
    let early = try client.ask("queue_list")
    #expect(early.status == 403 && early.body == Self.strangers)

    let response = try response(authenticate(client, "good"))
    #expect(
      response == [
        "request": Self.request, "body": ["message": "Authentified."], "headers": ["status": 200],
      ])
    #expect(try client.ask("queue_list").status == 200)

    client.headers = ["Client-ID": "c", "X-Project-ID": "p2"]
    let wrong = try client.ask("queue_list")
    #expect(wrong.status == 403 && wrong.body == complaint("Not authenticated."))
    // The project changes with the token.
    #expect(try self.response(authenticate(client, "other"))["headers"]?["status"] == 200)
    #expect(try client.ask("queue_list").status == 200)
    client.headers = ["Client-ID": "c", "X-Project-ID": "p"]
    #expect(try client.ask("queue_list").status == 403)
  }

  @Test(arguments: WireFormat.allCases)
  func badTokenChangesNothing(format: WireFormat) throws {
    let client = service.client(format)
    for token in ["", "bad", "Good", "good ", "over", "p"] {
      #expect(
        try response(authenticate(client, token)) == [
          "request": Self.request, "body": ["error": "Authentication failed."],
          "headers": ["status": 401],
        ])
      #expect(try client.ask("queue_list").body == Self.strangers)
    }
    _ = authenticate(client, "good")
    _ = authenticate(client, "bad")
    #expect(try client.ask("queue_list").status == 200)
    // Another connection has not proved anything.
    #expect(try service.client(format).ask("queue_list").status == 403)
  }

  @Test func projectsAreComparedByteByByte() throws {
    let tokens = try Tokens(parsing: "t caf\u{e9}")
    let client = TestService(authentication: Authentication(tokens: tokens)).client()
    _ = authenticate(client, "t")
    client.headers = ["Client-ID": "c", "X-Project-ID": "cafe\u{301}"]
    #expect(try client.ask("queue_list").body == complaint("Not authenticated."))
    client.headers = ["Client-ID": "c", "X-Project-ID": "caf\u{e9}"]
    #expect(try client.ask("queue_list").status == 200)
  }

  @Test func actionAndSchemaAreCheckedFirst() throws {
    let client = service.client()
    #expect(try client.ask("nothing").body == complaint("nothing is not a valid action"))
    #expect(try client.ask("queue_get").body == complaint("Schema validation failed."))
    #expect(try client.ask("queue_create", ["queue_name": "bad name"]).body == Self.strangers)
  }

  @Test func whereAuthenticationIsOffEveryTokenIsGood() throws {
    let client = TestService().client()
    #expect(
      try response(authenticate(client, "any")) == [
        "request": Self.request, "body": ["message": "Authentified."], "headers": ["status": 200],
      ])
    #expect(client.takeEffects().isEmpty)
  }

  // MARK: - The end of a token

  private func isExpiry(_ effects: [Client.Effect]) -> Bool {
    guard effects.count == 1, case .other(.close(let code, let reason)) = effects[0] else {
      return false
    }
    return code == CloseCode(rawValue: 4003) && reason == "Authentication expired."
  }

  @Test func connectionIsClosedWhenItsTokenExpires() throws {
    let client = service.client()
    let effects = authenticate(client, "short")
    guard case .other(.wake(let time))? = effects.first, effects.count == 2 else {
      Issue.record("no alarm: \(effects)")
      return
    }
    #expect(time == .milliseconds(59_877))
    service.clock.advance(seconds: 59, milliseconds: 876)
    #expect(try client.ask("queue_list").status == 200)
    client.wake()
    let again = client.takeEffects()
    guard again.count == 1, case .other(.wake(.milliseconds(1))) = again[0] else {
      Issue.record("not asked to be woken again: \(again)")
      return
    }
    service.clock.advance(milliseconds: 1)
    // The alarm may be late, what it is for is not.
    #expect(try client.ask("queue_list").body == Self.strangers)
    client.wake()
    #expect(isExpiry(client.takeEffects()))
  }

  @Test func newTokenReplacesTheExpiry() throws {
    let client = service.client()
    _ = authenticate(client, "short")
    _ = authenticate(client, "good")
    service.clock.advance(seconds: 100)
    client.wake()
    #expect(client.takeEffects().isEmpty)
    #expect(try client.ask("queue_list").status == 200)
  }

  // MARK: - Permits

  static let queue = "myqueue"

  /// Signs and asks; headers can be changed before.
  private func ask(
    _ action: String, _ body: Value, paths: [String] = ["/v2/queues/myqueue/messages"],
    methods: [String] = ["GET", "POST", "DELETE"], expires: String = "2035-08-05T15:16:33",
    project: String = "p", with changes: (String, Value?)...
  ) throws -> Client.Response {
    let key = SigningKey(Array("secret".utf8))!
    var permit = Permit(
      queue: "q", resources: [], methods: methods, project: project,
      expires: UTCTime(iso8601: expires)!)!
    permit.paths = paths
    var headers = Value.Map()
    headers.set("Client-ID", .string(Client.id))
    headers.set("X-Project-ID", "p")
    headers.set("URL-Paths", .array(paths.map { .string($0) }))
    headers.set("URL-Methods", .array(methods.map { .string($0) }))
    headers.set("URL-Expires", .string(expires))
    headers.set(
      "URL-Signature", .string(String(decoding: key.signature(of: permit.text), as: UTF8.self)))
    var left = Value.Map()
    for entry in headers.entries {
      guard case .string(let name) = entry.key else { continue }
      let change = changes.first { $0.0 == name }
      if let value = change == nil ? entry.value : change!.1 { left.set(name, value) }
    }
    let client = service.client()
    client.headers = .map(left)
    return try client.ask(action, body)
  }

  static let permitted: [(String, Value)] = [
    ("message_post", ["queue_name": "myqueue", "messages": [["body": 1]]]),
    ("message_list", ["queue_name": "myqueue"]),
    ("message_get", ["queue_name": "myqueue", "message_id": "m"]),
    ("message_get_many", ["queue_name": "myqueue", "message_ids": ["m"]]),
    ("message_delete", ["queue_name": "myqueue", "message_id": "m"]),
    ("message_delete_many", ["queue_name": "myqueue", "pop": 1]),
  ]

  @Test(arguments: permitted)
  func permitStandsForAToken(action: String, body: Value) throws {
    #expect(try ask(action, body).status != 403)
    #expect(try ask(action, body, project: "p2").body == Self.strangers)
    guard case .map(var other) = body else { return }
    other.set("queue_name", "other")
    #expect(try ask(action, .map(other)).body == Self.strangers)
    let method = Action(rawValue: action)!.signedMethod!
    let others = ["GET", "POST", "DELETE", "PUT", ""].filter { $0 != method }
    #expect(try ask(action, body, methods: others).body == Self.strangers)
    #expect(try ask(action, body, methods: [method]).status != 403)
  }

  @Test(
    arguments: [
      ("queue_create", ["queue_name": "myqueue"]), ("queue_list", [:]),
      ("queue_get", ["queue_name": "myqueue"]), ("claim_create", ["queue_name": "myqueue"]),
      ("subscription_create", ["queue_name": "myqueue"]),
    ] as [(String, Value)])
  func noPermitIsForOtherActions(action: String, body: Value) throws {
    let paths = ["messages", "claims", "subscriptions"].map { "/v2/queues/myqueue/\($0)" }
    let methods = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"]
    #expect(try ask(action, body, paths: paths, methods: methods).body == Self.strangers)
  }

  @Test func permitForOneMessage() throws {
    let paths = ["/v2/queues/myqueue/messages/m"]
    for (id, allowed) in [("m", true), ("n", false), ("", false)] {
      for action in ["message_get", "message_delete"] {
        let body: Value = ["queue_name": "myqueue", "message_id": .string(id)]
        #expect(try (ask(action, body, paths: paths).body != Self.strangers) == allowed)
      }
    }
    #expect(
      try ask("message_list", ["queue_name": "myqueue"], paths: paths).body == Self.strangers)
    // What looks like a path in a name is none.
    let sly: Value = ["queue_name": "myqueue/messages/m", "message_id": "x"]
    #expect(try ask("message_get", sly, paths: ["/v2/queues/myqueue/messages"]).status == 403)
  }

  static let changes: [(String, Value?)] = [
    ("URL-Signature", ""), ("URL-Signature", nil), ("URL-Signature", 7),
    ("URL-Signature", .string(String(repeating: "0", count: 64))),
    ("URL-Paths", nil), ("URL-Paths", []), ("URL-Paths", "/v2/queues/myqueue/messages"),
    ("URL-Paths", [1]), ("URL-Paths", ["/v2/queues/myqueue/messages", "/v2/queues/x/messages"]),
    ("URL-Methods", nil), ("URL-Methods", []), ("URL-Methods", "GET"), ("URL-Methods", [nil]),
    ("URL-Methods", ["GET"]), ("URL-Expires", nil), ("URL-Expires", 2_070_000_000),
    ("URL-Expires", "soon"), ("URL-Expires", "2036-08-05T15:16:33"), ("X-Project-ID", "p2"),
  ]

  @Test(arguments: changes)
  func permitThatWasTamperedWith(name: String, value: Value?) throws {
    let body: Value = ["queue_name": "myqueue"]
    #expect(try ask("message_list", body).status == 404)
    let response = try ask("message_list", body, with: (name, value))
    #expect(response.status == 403 && response.body == Self.strangers)
  }

  @Test func permitsExpire() throws {
    let body: Value = ["queue_name": "myqueue"]
    #expect(try ask("message_list", body, expires: "2023-11-14T22:13:20").status == 403)
    #expect(try ask("message_list", body, expires: "2023-11-14T22:13:21").status == 404)
    #expect(try ask("message_list", body, expires: "2023-11-15T00:13:21.5+02:00").status == 404)
  }

  @Test func signatureIsOnlyLookedAtOfStrangers() throws {
    let client = service.client()
    _ = authenticate(client, "good")
    client.headers = ["Client-ID": "c", "X-Project-ID": "p", "URL-Signature": ""]
    #expect(try client.ask("queue_list").status == 200)
    let open = TestService().client()
    open.headers = client.headers
    #expect(try open.ask("queue_list").status == 200)
  }

  @Test func withoutAKeyNoPermitIsGood() throws {
    let client = TestService(authentication: Authentication()).client()
    client.headers = [
      "Client-ID": "c", "X-Project-ID": "p", "URL-Signature": "", "URL-Methods": ["GET"],
      "URL-Paths": ["/v2/queues/q/messages"], "URL-Expires": "2035-08-05T15:16:33",
    ]
    #expect(try client.ask("message_list", ["queue_name": "q"]).body == Self.strangers)
  }
}
