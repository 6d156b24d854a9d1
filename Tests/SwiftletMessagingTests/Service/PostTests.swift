// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite(.everywhere) struct PostTests {
  private let service = TestService()

  private func post(_ client: Client, _ messages: Value) throws -> Client.Response {
    try client.ask("message_post", ["queue_name": "q", "messages": messages])
  }

  private func queues(_ client: Client) throws -> Value {
    try client.ask("queue_list").body["queues"] ?? .null
  }

  @Test(arguments: WireFormat.allCases)
  func idsComeInTheOrderPosted(format: WireFormat) throws {
    let client = service.client(format)
    let response = try post(
      client, [["body": "a"], ["body": nil, "ttl": 60, "delay": 5, "id": "x"], ["body": [:]]])
    #expect(response.status == 201)
    let listed = try client.ask("message_list", ["queue_name": "q", "echo": true]).body["messages"]
    #expect(response.body["message_ids"]?.count == 3)
    for index in 0..<3 {
      #expect(listed?[index]?["id"] == response.body["message_ids"]?[index])
    }
    #expect(listed?[1]?["ttl"] == 60 && listed?[1]?["body"] == .null)
  }

  static let badMessages: [(Value, String)] = [
    ([], "No messages to enqueu."), ([["ttl": 60]], #"Bad request. Missing "body" field."#),
    ([["body": 1, "ttl": nil]], badTTL), ([["body": 1, "ttl": "60"]], badTTL),
    ([["body": 1, "ttl": .double(60)]], badTTL), ([["ttl": [], "x": 1]], badTTL),
    ([["body": 1, "ttl": 59]], ttlBounds), ([["body": 1, "ttl": 1_209_601]], ttlBounds),
    ([["body": 1, "ttl": true]], ttlBounds), ([["body": 1, "ttl": false]], ttlBounds),
    ([["body": 1, "ttl": -1]], ttlBounds), ([["body": 1, "ttl": .uint(.max)]], ttlBounds),
    ([["body": 1], 7], "Bad request. A message must be a map."),
    // In the order of the messages, and types before bounds.
    ([["body": 1, "ttl": 1], ["ttl": 60]], #"Bad request. Missing "body" field."#),
    ([["ttl": 60], ["ttl": "x"]], #"Bad request. Missing "body" field."#),
  ]
  static let badTTL = #"Bad request. The value of the "ttl" field must be a int."#
  static let ttlBounds =
    "The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long."

  @Test(arguments: WireFormat.allCases, badMessages)
  func nothingIsPostedButTheQueueIsMade(
    format: WireFormat, wrong: (messages: Value, complaint: String)
  ) throws {
    let client = service.client(format)
    let response = try post(client, wrong.messages)
    #expect(response.status == 400 && response.body == refusal(wrong.complaint))
    #expect(try queues(client) == [["name": "q"]])
    let listed = try client.ask("message_list", ["queue_name": "q", "echo": true])
    #expect(listed.body == ["messages": []])
  }

  @Test(arguments: [
    "3381af92-2b9e-11e3-b191-71861300734c", "3381AF922B9E11E3B19171861300734C",
    "{3381af92-2b9e-11e3-b191-71861300734c}", "urn:uuid:3381af92-2b9e-11e3-b191-71861300734c",
    "{3381af922b9e11e3b19171861300734c}",
  ])
  func spellingsOfAClient(text: String) throws {
    let client = service.client()
    client.headers = ["Client-ID": .string(text), "X-Project-ID": "p"]
    #expect(try post(client, [["body": 1]]).status == 201)
    let same = service.client()
    #expect(try same.ask("message_list", ["queue_name": "q"]).body == ["messages": []])
  }

  @Test(arguments: [
    "", "me", "3381af92-2b9e-11e3-b191-71861300734", "3381af92-2b9e-11e3-b191-71861300734cc",
    "3381af92-2b9e-11e3-b191-71861300734g", "urn:3381af92", "{}",
    "３381af92-2b9e-11e3-b191-71861300734c",
  ])
  func clientThatIsNoUUID(text: String) throws {
    let client = service.client()
    client.headers = ["Client-ID": .string(text), "X-Project-ID": "p"]
    for messages in [[["body": 1]], []] as [Value] {
      let response = try post(client, messages)
      #expect(
        response.status == 400
          && response.body == refusal("badly formed hexadecimal UUID string"))
    }
    // The messages come first.
    #expect(try post(client, [["ttl": 60]]).body == refusal(#"Bad request. Missing "body" field."#))
    #expect(try client.ask("queue_create", ["queue_name": "r"]).status == 201)
  }

  @Test func clientOfAnyTextWhereThatIsSet() throws {
    var settings = MessagingSettings()
    settings.clientID = .text
    let client = TestService(settings).client()
    for (text, status) in [
      ("ten chars!", 201), ("nine char", 400), (String(repeating: "é", count: 36), 201),
      (String(repeating: "a", count: 37), 400),
    ] {
      client.headers = ["Client-ID": .string(text), "X-Project-ID": "p"]
      let response = try post(client, [["body": .string(text)]])
      #expect(response.status == status)
      if status == 400 {
        #expect(
          response.body
            == refusal("Length of client id must be at least 10 and no greater than 36."))
        continue
      }
      let listed = try client.ask("message_list", ["queue_name": "q"]).body["messages"]
      #expect(listed?.count == (text == "ten chars!" ? 0 : 1))
    }
  }

  // MARK: - Size

  static let tooLarge = refusal("Message collection size is too large. Max size 262144")

  /// `[{"body":"..."}]` has 13 bytes more than the text.
  @Test(arguments: WireFormat.allCases)
  func postIsBoundedInItsJSONForm(format: WireFormat) throws {
    let client = service.client(format)
    let fits = String(repeating: "x", count: 262_144 - 13)
    #expect(try post(client, [["body": .string(fits)]]).status == 201)
    for text in [fits + "x", String(repeating: "ü", count: (262_144 - 13) / 2 + 1)] {
      let response = try post(client, [["body": .string(text)]])
      #expect(response.status == 400 && response.body == Self.tooLarge)
    }
    // Before all but the name of the queue.
    let response = try post(client, [["ttl": .string(fits + "xx")]])
    #expect(response.body == Self.tooLarge)
    client.headers = ["Client-ID": "me", "X-Project-ID": "p"]
    #expect(try post(client, [["body": .string(fits + "x")]]).body == Self.tooLarge)
  }

  @Test(arguments: WireFormat.allCases)
  func queueMayHaveASmallerBound(format: WireFormat) throws {
    let client = service.client(format)
    try client.ask(
      "queue_create", ["queue_name": "q", "metadata": ["_max_messages_post_size": 20]])
    #expect(try post(client, [["body": "1234567"]]).status == 201)
    let complaint = refusal(
      "Message collection size is too large. The max size for current queue is 20. It is calculated "
        + "by max size = min(max_messages_post_size_config: 262144, "
        + "max_messages_post_size_queue: 20).")
    for messages in [
      [["body": "12345678"]], [["ttl": 60, "x": "more"]],
      [["body": .string(String(repeating: "x", count: 300_000))]],
    ] as [Value] {
      let response = try post(client, messages)
      #expect(response.status == 400 && response.body == complaint)
    }
    #expect(try post(client, []).body == refusal("No messages to enqueu."))
  }

  @Test(arguments: WireFormat.allCases)
  func manyMessagesInOnePost(format: WireFormat) throws {
    let client = service.client(format)
    let response = try post(client, .array(Array(repeating: ["body": 0], count: 10_000)))
    #expect(response.status == 201 && response.body["message_ids"]?.count == 10_000)
  }

  @Test func queuesOwnLifeOfMessages() throws {
    let client = service.client()
    try client.ask("queue_create", ["queue_name": "q", "metadata": ["_default_message_ttl": 77]])
    _ = try post(client, [["body": 1], ["body": 2, "ttl": 1_209_600]])
    let listed = try client.ask("message_list", ["queue_name": "q", "echo": true]).body["messages"]
    #expect(listed?[0]?["ttl"] == 77 && listed?[1]?["ttl"] == 1_209_600)
    service.clock.advance(seconds: 77)
    let later = try client.ask("message_list", ["queue_name": "q", "echo": true]).body["messages"]
    #expect(later?.count == 1 && later?[0]?["body"] == 2)
  }

  // MARK: - Bodies

  @Test func bodiesComeBackAsPosted() throws {
    let client = service.client(.messagePack)
    let bodies: [Value] = [
      nil, true, -1, .uint(.max), .float(1.5), .double(.infinity), "é", .binary([0xff, 0]),
      [1, [2]], ["k": ["v": 1]], .ext(5, [1, 2]), .ext(-1, [0, 0, 0, 0]),
    ]
    _ = try post(client, .array(bodies.map { ["body": $0] }))
    let list: Value = ["queue_name": "q", "echo": true, "limit": 20]
    guard case .array(let listed)? = try client.ask("message_list", list).body["messages"] else {
      Issue.record("no list")
      return
    }
    #expect(listed.map { $0["body"]! } == bodies)
    guard
      case .array(let shown)? = try client.ask("message_list", list, as: .json).body["messages"]
    else {
      Issue.record("no list")
      return
    }
    #expect(
      shown.map { $0["body"]! } == [
        nil, true, -1, .uint(.max), .double(1.5), nil, "é", "/wA=", [1, [2]], ["k": ["v": 1]],
        [5, "\u{1}\u{2}"], "1970-01-01T00:00:00Z",
      ])
  }
}
