// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite(.everywhere) struct QueueActionTests {
  private let service = TestService()

  @Test(arguments: WireFormat.allCases)
  func queueIsCreatedOnce(format: WireFormat) throws {
    let client = service.client(format)
    let first = try client.ask("queue_create", ["queue_name": "q", "metadata": ["a": 1]])
    #expect(first.status == 201 && first.body == "Queue q created.")
    let second = try client.ask("queue_create", ["queue_name": "q", "metadata": ["b": 2]])
    #expect(second.status == 204 && second.body == "Queue q created.")
    let metadata = try client.ask("queue_get", ["queue_name": "q"])
    #expect(metadata.status == 200 && metadata.body == ["a": 1])
    let other = try service.client(format, project: "p2").ask("queue_get", ["queue_name": "q"])
    #expect(other.status == 200 && other.body == [:])
  }

  static let badNames: [(String, String)] = [
    ("", charset), ("a b", charset), ("a/b", charset), ("ä", charset), ("a\n", charset),
    ("a*", charset), ("\u{212a}", charset),
    (String(repeating: "a", count: 65), "Queue names may not be more than 64 characters long."),
    (String(repeating: "ä", count: 65), "Queue names may not be more than 64 characters long."),
  ]
  static let charset =
    "Queue names may only contain ASCII letters, digits, underscores, and dashes."

  @Test(arguments: WireFormat.allCases, badNames)
  func nameIsCheckedWhereAQueueMayBeMade(
    format: WireFormat, name: (text: String, complaint: String)
  ) throws {
    let client = service.client(format)
    let bodies: [(String, Value)] = [
      ("queue_create", ["queue_name": .string(name.text)]),
      ("subscription_create", ["queue_name": .string(name.text)]),
      ("message_post", ["queue_name": .string(name.text), "messages": [["body": 1]]]),
    ]
    for (action, body) in bodies {
      let response = try client.ask(action, body)
      #expect(response.status == 400 && response.body == refusal(name.complaint))
    }
    // Elsewhere it is the name of no queue.
    let get = try client.ask("queue_get", ["queue_name": .string(name.text)])
    #expect(get.status == 200 && get.body == [:])
    let deletion = try client.ask("queue_delete", ["queue_name": .string(name.text)])
    #expect(deletion.status == 204 && deletion.body == .string("Queue \(name.text) removed."))
    #expect(try client.ask("queue_list").body == ["queues": []])
  }

  @Test(arguments: ["a", "A-z_0.9", ".", "-", String(repeating: "a", count: 64)])
  func goodName(name: String) throws {
    let response = try service.client().ask("queue_create", ["queue_name": .string(name)])
    #expect(response.status == 201)
    #expect(try service.client().ask("queue_list").body["queues"]?[0]?["name"] == .string(name))
  }

  @Test func projectIsBoundedWhereAQueueMayBeMade() throws {
    let long = service.client(project: String(repeating: "é", count: 257))
    for action in ["queue_create", "subscription_create"] {
      let response = try long.ask(action, ["queue_name": "bad name"])
      #expect(
        response.status == 400
          && response.body == refusal("Project ids may not be more than 256 characters long."))
    }
    #expect(try long.ask("queue_list").status == 200)
    for project in ["", String(repeating: "é", count: 256)] {
      #expect(
        try service.client(project: project).ask("queue_create", ["queue_name": "q"]).status == 201)
    }
  }

  // MARK: - Metadata

  @Test(
    arguments: WireFormat.allCases,
    [nil, [:], [], "", false, 0, .double(0)] as [Value])
  func emptyMetadataIsNone(format: WireFormat, metadata: Value) throws {
    let client = service.client(format)
    let response = try client.ask("queue_create", ["queue_name": "q", "metadata": metadata])
    #expect(response.status == 201)
    #expect(try client.ask("queue_get", ["queue_name": "q"]).body == [:])
  }

  static let badMetadata: [(Value, String)] = [
    (["_default_message_ttl": "60"], "_default_message_ttl must be integer."),
    (["_default_message_ttl": true], "_default_message_ttl must be integer."),
    (["_default_message_ttl": 59], defaultTTL), (["_default_message_ttl": 1_209_601], defaultTTL),
    (["_default_message_ttl": -1], defaultTTL), (["_default_message_ttl": .uint(.max)], defaultTTL),
    (["_max_messages_post_size": .double(1)], "_max_messages_post_size must be integer."),
    (["_max_messages_post_size": 0], postSize), (["_max_messages_post_size": 262_145], postSize),
    (["_max_claim_count": "1"], "_max_claim_count must be integer."),
    (
      ["_dead_letter_queue_messages_ttl": "1"],
      "_dead_letter_queue_messages_ttl must be integer."
    ),
    (["_dead_letter_queue_messages_ttl": 59], messageTTL),
    (["_dead_letter_queue_messages_ttl": 1_209_601], messageTTL),
    (["_dead_letter_queue": "a b"], charset),
    (["_dead_letter_queue": 1], "_dead_letter_queue must be string."),
    (["_default_message_delay": "1"], "_default_message_delay must be integer."),
    (["_default_message_delay": -1], delay), (["_default_message_delay": 901], delay),
    (["_enable_encrypt_messages": 1], "_enable_encrypt_messages must be boolean."),
    (["_retry_policy": [1]], "retry_policy must be a dict."),
    (["_retry_policy": ["retry_backoff_function": 1]], "retry_backoff_function must be a string."),
    (["_retry_policy": ["retry_backoff_function": "cubic"]], "invalid retry_backoff_function."),
    (
      ["_retry_policy": ["ignore_subscription_override": 1]],
      "ignore_subscription_override must be a boolean."
    ),
    (
      ["_retry_policy": ["retries_with_no_delay": "1"]],
      "Retry policy: retries_with_no_delay must be a integer."
    ),
    (
      ["_retry_policy": ["minimum_delay_retries": .double(1)]],
      "Retry policy: minimum_delay_retries must be a integer."
    ),
    (
      ["_retry_policy": ["maximum_delay_retries": true]],
      "Retry policy: maximum_delay_retries must be a integer."
    ),
    (["_retry_policy": ["minimum_delay": nil]], "Retry policy: minimum_delay must be a integer."),
    (
      ["_retry_policy": ["minimum_delay": 30, "maximum_delay": 20]],
      "minimum_delay must less than maximum_delay."
    ),
    (["_retry_policy": ["minimum_delay": 40]], "minimum_delay must less than maximum_delay."),
    (
      ["_retry_policy": ["minimum_delay": 11, "maximum_delay": 20]],
      "invalid minimum_delay and maximum_delay."
    ),
  ]
  static let defaultTTL =
    "_default_message_ttl can not exceed 1209600 seconds, and must be at least 60 seconds long."
  static let postSize =
    "_max_messages_post_size can not exceed 262144,  and must be at least greater than 0."
  static let messageTTL =
    "The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long."
  static let delay = "The TTL can not exceed 900 seconds, and must be at least 0 seconds long."

  @Test(arguments: WireFormat.allCases, badMetadata)
  func reservedKeyOfMetadataIsChecked(
    format: WireFormat, metadata: (value: Value, complaint: String)
  ) throws {
    let client = service.client(format)
    for action in ["queue_create", "queue_update"] {
      let response = try client.ask(action, ["queue_name": "q", "metadata": metadata.value])
      #expect(response.status == 400 && response.body == refusal(metadata.complaint))
    }
  }

  @Test func reservedKeysWithinTheirBounds() throws {
    let metadata: Value = [
      "_default_message_ttl": 60, "_max_messages_post_size": 262_144, "_max_claim_count": 3,
      "_dead_letter_queue": "dead", "_dead_letter_queue_messages_ttl": 1_209_600,
      "_default_message_delay": 0, "_enable_encrypt_messages": true,
      "_retry_policy": [
        "retries_with_no_delay": 1, "minimum_delay": 10, "maximum_delay": 20,
        "retry_backoff_function": "geometric", "ignore_subscription_override": false, "other": "x",
      ], "other": nil,
    ]
    let client = service.client()
    #expect(
      try client.ask("queue_create", ["queue_name": "q", "metadata": metadata]).status == 201)
    #expect(try client.ask("queue_get", ["queue_name": "q"]).body == metadata)
  }

  @Test(arguments: WireFormat.allCases)
  func metadataIsBoundedInItsJSONForm(format: WireFormat) throws {
    let client = service.client(format)
    // {"a":"..."} has 8 bytes more than the text; of ü there are two, and of a quote with its escape.
    for (text, status) in [
      (String(repeating: "x", count: 65528), 201), (String(repeating: "x", count: 65529), 400),
      (String(repeating: "ü", count: 65528 / 2 + 1), 400),
      (String(repeating: "\"", count: 65528 / 2 + 1), 400),
    ] {
      let response = try client.ask(
        "queue_create", ["queue_name": "q", "metadata": ["a": .string(text)]])
      #expect(response.status == status)
      if status == 400 {
        #expect(response.body == refusal("Queue metadata is too large. Max size: 65536"))
      }
    }
  }

  @Test(arguments: WireFormat.allCases)
  func metadataIsReplaced(format: WireFormat) throws {
    let client = service.client(format)
    let update: Value = ["queue_name": "q", "metadata": ["b": 2]]
    let absent = try client.ask("queue_update", update)
    #expect(absent.status == 404)
    #expect(absent.body == refusal("Queue q does not exist for project p"))
    try client.ask("queue_create", ["queue_name": "q", "metadata": ["a": 1]])
    let done = try client.ask("queue_update", update)
    #expect(done.status == 204 && done.body == "Queue q updated.")
    #expect(try client.ask("queue_get", ["queue_name": "q"]).body == ["b": 2])
    try client.ask("queue_update", ["queue_name": "q", "metadata": nil])
    #expect(try client.ask("queue_get", ["queue_name": "q"]).body == [:])
  }

  @Test func metadataKeepsWhatJSONCannotSay() throws {
    let metadata: Value = [
      "b": .binary([0xff]), "u": .uint(.max), "e": .ext(5, [1]), "t": .ext(-1, [0, 0, 0, 0]),
    ]
    let client = service.client(.messagePack)
    try client.ask("queue_create", ["queue_name": "q", "metadata": metadata])
    #expect(try client.ask("queue_get", ["queue_name": "q"]).body == metadata)
    let text = try client.ask("queue_get", ["queue_name": "q"], as: .json)
    #expect(text.status == 200)
    #expect(
      try service.client(.json).ask("queue_get", ["queue_name": "q"]).body
        == ["b": "/w==", "u": .uint(.max), "e": [5, "\u{1}"], "t": "1970-01-01T00:00:00Z"])
  }

  // MARK: - Lists

  @Test(arguments: WireFormat.allCases)
  func queuesAreListedByName(format: WireFormat) throws {
    let client = service.client(format)
    let names = (0..<25).map { "q\($0)" }
    for name in names.shuffled() {
      try client.ask(
        "queue_create", ["queue_name": .string(name), "metadata": ["n": .string(name)]])
    }
    let sorted = names.sorted()
    let page = try client.ask("queue_list")
    #expect(page.status == 200)
    #expect(page.body == ["queues": .array(sorted[..<10].map { ["name": .string($0)] })])
    let rest = try client.ask(
      "queue_list", ["marker": .string(sorted[9]), "limit": 20, "detailed": true])
    #expect(
      rest.body == [
        "queues": .array(
          sorted[10...].map { ["name": .string($0), "metadata": ["n": .string($0)]] })
      ])
    #expect(try client.ask("queue_list", ["marker": "zz"]).body == ["queues": []])
    #expect(try service.client(format, project: "p2").ask("queue_list").body == ["queues": []])
  }

  @Test(arguments: WireFormat.allCases, [0, 21, -1, .uint(.max), .int(.min)] as [Value])
  func limitOfTheList(format: WireFormat, limit: Value) throws {
    let response = try service.client(format).ask("queue_list", ["limit": limit])
    #expect(
      response.status == 400
        && response.body == refusal("Limit must be at least 1 and no greater than 20."))
  }

  // MARK: - Statistics, purge, deletion

  @Test(arguments: WireFormat.allCases)
  func statistics(format: WireFormat) throws {
    let client = service.client(format)
    let none: Value = ["messages": ["claimed": 0, "free": 0, "total": 0]]
    let absent = try client.ask("queue_get_stats", ["queue_name": "q"])
    #expect(absent.status == 404 && absent.body == none)
    try client.ask("queue_create", ["queue_name": "q"])
    let empty = try client.ask("queue_get_stats", ["queue_name": "q"])
    #expect(empty.status == 200 && empty.body == none)

    try client.ask(
      "message_post", ["queue_name": "q", "messages": [["body": 1, "ttl": 300], ["body": 2]]])
    service.clock.advance(seconds: 2)
    let claim = try client.ask("claim_create", ["queue_name": "q", "limit": 1]).body
    let response = try client.ask("queue_get_stats", ["queue_name": "q"])
    #expect(response.status == 200)
    let messages = try #require(response.body["messages"])
    #expect(messages["claimed"] == 1 && messages["free"] == 1 && messages["total"] == 2)
    let oldest = try #require(messages["oldest"])
    #expect(
      oldest == [
        "id": claim["messages"]![0]!["id"]!, "age": 2, "ttl": 360, "body": 1,
        "claim_id": claim["claim_id"]!, "claim_count": 1, "created": "2023-11-14T22:13:20Z",
      ])
    let newest = try #require(messages["newest"])
    #expect(newest["body"] == 2 && newest["claim_id"] == .null && newest["claim_count"] == 0)
    service.clock.advance(seconds: 3600)
    #expect(try client.ask("queue_get_stats", ["queue_name": "q"]).body == none)
  }

  @Test(
    arguments: WireFormat.allCases,
    [
      (nil, true, true), (["messages"], true, false), (["subscriptions", "x"], false, true),
      ([], false, false), ([1, "queues"], false, false),
    ] as [(Value, Bool, Bool)])
  func purge(format: WireFormat, types: (names: Value, messages: Bool, subscriptions: Bool)) throws
  {
    let client = service.client(format)
    for _ in 0..<3 {
      try client.ask("message_post", ["queue_name": "q", "messages": [["body": 1]]])
    }
    try client.ask("claim_create", ["queue_name": "q", "limit": 1])
    for index in 0..<15 {
      let url = Value.string("http://host/\(index)")
      try client.ask("subscription_create", ["queue_name": "q", "subscriber": url])
    }
    var body = Value.Map()
    body.set("queue_name", "q")
    if types.names != .null { body.set("resource_types", types.names) }
    let response = try client.ask("queue_purge", .map(body))
    #expect(response.status == 204 && response.body == [:])
    let statistics = try client.ask("queue_get_stats", ["queue_name": "q"]).body["messages"]!
    #expect(statistics["claimed"] == 1 && statistics["free"] == (types.messages ? 0 : 2))
    let subscriptions = try client.ask(
      "subscription_list", ["queue_name": "q", "limit": 20]
    ).body["subscriptions"]
    #expect(subscriptions?.count == (types.subscriptions ? 0 : 15))
  }

  @Test func purgeOfNoQueue() throws {
    let response = try service.client().ask("queue_purge", ["queue_name": "none"])
    #expect(response.status == 204 && response.body == [:])
  }

  @Test(arguments: WireFormat.allCases)
  func deletionTakesMessagesAndClaimsButNotSubscriptions(format: WireFormat) throws {
    let client = service.client(format)
    try client.ask("message_post", ["queue_name": "q", "messages": [["body": 1]]])
    let claim = try client.ask("claim_create", ["queue_name": "q"]).body["claim_id"]!
    try client.ask("subscription_create", ["queue_name": "q", "subscriber": "http://host"])
    for _ in 0..<2 {
      let response = try client.ask("queue_delete", ["queue_name": "q"])
      #expect(response.status == 204 && response.body == "Queue q removed.")
    }
    #expect(try client.ask("claim_get", ["queue_name": "q", "claim_id": claim]).status == 404)
    #expect(try client.ask("message_list", ["queue_name": "q"]).status == 404)
    let subscriptions = try client.ask("subscription_list", ["queue_name": "q"]).body
    #expect(subscriptions["subscriptions"]?.count == 1)
  }
}
