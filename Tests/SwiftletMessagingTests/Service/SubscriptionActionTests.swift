// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite(.everywhere) struct SubscriptionActionTests {
  private let service = TestService()

  @Test(arguments: WireFormat.allCases)
  func connectionSubscribesOnceAQueue(format: WireFormat) throws {
    let client = service.client(format)
    for (body, status) in [
      (["queue_name": "q"], 201), (["queue_name": "q", "ttl": 100], 409),
      (["queue_name": "q", "subscriber": ""], 409), (["queue_name": "r", "subscriber": ""], 201),
    ] as [(Value, Int)] {
      let response = try client.ask("subscription_create", body)
      #expect(response.status == status)
      let name = body["queue_name"]!.text!
      if status == 201 {
        let id = try #require(response.body["subscription_id"])
        #expect(id.text != nil)
        #expect(
          response.body == [
            "subscription_id": id, "message": .string("Subscription \(name) created."),
          ])
      } else {
        #expect(response.body == .string("Subscription \(name) not created."))
      }
    }
    #expect(
      try service.client(format).ask("subscription_create", ["queue_name": "q"]).status == 201)
    #expect(try client.ask("queue_list").body == ["queues": [["name": "q"], ["name": "r"]]])
  }

  @Test(arguments: WireFormat.allCases)
  func subscriptionsAreListed(format: WireFormat) throws {
    let client = service.client(format)
    let id = try client.ask(
      "subscription_create", ["queue_name": "q", "ttl": 100, "options": ["a": [1]]]
    ).body["subscription_id"]!
    service.clock.advance(seconds: 7)
    let one = try client.ask("subscription_get", ["queue_name": "q", "subscription_id": id])
    #expect(one.status == 200)
    let subscriber = try #require(one.body["subscriber"]?.text)
    #expect(
      subscriber.hasPrefix("ws-connection:") && Identifier(String(subscriber.dropFirst(14))) != nil)
    let expected: Value = [
      "id": id, "source": "q", "subscriber": .string(subscriber), "ttl": 100, "age": 7,
      "options": ["a": [1]], "confirmed": false,
    ]
    #expect(one.body == expected)
    let list = try client.ask("subscription_list", ["queue_name": "q"])
    #expect(list.status == 200 && list.body == ["subscriptions": [expected]])
    #expect(try client.ask("subscription_list", ["queue_name": "x"]).body == ["subscriptions": []])
    service.clock.advance(seconds: 93)
    #expect(try client.ask("subscription_list", ["queue_name": "q"]).body == ["subscriptions": []])
  }

  @Test(arguments: WireFormat.allCases)
  func listGoesOnBehindTheMarker(format: WireFormat) throws {
    let client = service.client(format)
    for number in 0..<15 {
      let url = Value.string("https://host/\(number)")
      try client.ask("subscription_create", ["queue_name": "q", "subscriber": url])
    }
    func page(_ body: Value) throws -> [Value] {
      guard
        case .array(let list)? = try client.ask("subscription_list", body).body["subscriptions"]
      else { return [] }
      return list.compactMap { $0["id"] }
    }
    let first = try page(["queue_name": "q"])
    let rest = try page(["queue_name": "q", "marker": first[9], "limit": 20])
    #expect(first.count == 10 && rest.count == 5 && Set(first + rest).count == 15)
    for limit in [0, 21] as [Value] {
      let response = try client.ask("subscription_list", ["queue_name": "q", "limit": limit])
      #expect(
        response.status == 400
          && response.body
            == refusal("Limit must be at least 1 and may not be greater than 20.")
      )
    }
  }

  static let supported =
    "The subscriber type of subscription must be supported in the list "
    + "['http', 'https']."
  static let forbidden = "The subscriber is at an address that this server does not post to."
  static let shortTTL = "The TTL for a subscription must be at least 60 seconds long."
  static let longTTL =
    "The TTL seconds for a subscription plus current time must be less than "
    + "9999-12-31 23:59:59.999999."
  static let refused: [(Value, String)] = [
    (["subscriber": "ftp://host"], supported), (["subscriber": "host"], supported),
    (["subscriber": "ws-connection:00000000-0000-4000-8000-000000000000"], supported),
    (["subscriber": ":"], supported), (["subscriber": "mailto:a@b"], supported),
    (["subscriber": "trust+https://h"], supported),
    (["subscriber": "http://"], "The subscriber is not a URL."),
    (["subscriber": "https://a b/"], "The subscriber is not a URL."),
    (["subscriber": "HTTP://127.0.0.1:80/"], forbidden),
    (["subscriber": "https://[fd00::1]"], forbidden), (["ttl": 59], shortTTL),
    (["ttl": 0], shortTTL),
    (["ttl": -1], shortTTL), (["ttl": .int(.max)], longTTL), (["ttl": 253_402_300_800], longTTL),
    (["options": ["_retry_policy": 1]], "retry_policy must be a dict."),
    (["options": ["post_data": 1]], "post_data must be a string."),
    (["options": ["post_headers": ["Host": "h"]]], "post_headers may not set Host."),
    (["options": ["ids": 1]], "The option ids must be a boolean."),
    (["options": ["ack": nil]], "The option ack must be a boolean."),
  ]

  @Test(arguments: WireFormat.allCases, refused)
  func subscriptionThatIsRefused(
    format: WireFormat, wrong: (body: Value, complaint: String)
  ) throws {
    guard case .map(var body) = wrong.body else { return }
    body.set("queue_name", "q")
    let response = try service.client(format).ask("subscription_create", .map(body))
    #expect(response.status == 400 && response.body == refusal(wrong.complaint))
  }

  @Test(arguments: [("http://h", "http://h"), ("HTTPS://h/In", "https://h/In")])
  func subscriberWithAURL(url: String, listed: String) throws {
    let client = service.client()
    let body: Value = ["queue_name": "q", "subscriber": .string(url)]
    #expect(try client.ask("subscription_create", body).status == 201)
    #expect(client.takeEffects().isEmpty)
    #expect(try service.client().ask("subscription_create", body).status == 409)
    client.conversation.end()
    let list = try service.client().ask("subscription_list", ["queue_name": "q"])
    #expect(list.body["subscriptions"]?[0]?["subscriber"] == .string(listed))
  }

  @Test(arguments: WireFormat.allCases)
  func subscriptionThatIsNotThere(format: WireFormat) throws {
    let client = service.client(format)
    for id in ["s", "", MessageActionTests.noID] {
      let body: Value = ["queue_name": "q", "subscription_id": .string(id)]
      for action in ["subscription_get", "subscription_update"] {
        let response = try client.ask(action, body)
        #expect(response.status == 404)
        #expect(
          response.body
            == refusal(
              "Subscription \(id) does not exist",
              "Subscription \(id) for queue q does not exist."))
      }
      let deletion = try client.ask("subscription_delete", body)
      #expect(deletion.status == 204 && deletion.body == .string("Subscription \(id) removed."))
    }
  }

  @Test(arguments: WireFormat.allCases)
  func subscriptionIsChangedAndDeleted(format: WireFormat) throws {
    let client = service.client(format)
    let id = try client.ask(
      "subscription_create", ["queue_name": "q", "subscriber": "http://h"]
    ).body["subscription_id"]!
    service.clock.advance(seconds: 3000)
    func update(_ more: Value) throws -> Client.Response {
      guard case .map(var body) = more else { return try client.ask("") }
      body.set("queue_name", "q")
      body.set("subscription_id", id)
      return try client.ask("subscription_update", .map(body))
    }
    let response = try update(["ttl": 700, "options": ["b": 2], "confirmed": true])
    #expect(response.status == 204)
    #expect(response.body == .string("Subscription \(id.text!) updated."))
    let one = try client.ask("subscription_get", ["queue_name": "q", "subscription_id": id]).body
    #expect(one["ttl"] == 700 && one["age"] == 0 && one["options"] == ["b": 2])
    #expect(one["confirmed"] == true)
    #expect(try update(["ttl": 59]).body == refusal(Self.shortTTL))
    #expect(try update(["options": ["ids": "x"]]).status == 400)
    for _ in 0..<2 {
      let deletion = try client.ask(
        "subscription_delete", ["queue_name": "q", "subscription_id": id])
      #expect(deletion.status == 204)
      #expect(deletion.body == .string("Subscription \(id.text!) removed."))
    }
    #expect(try update([:]).status == 404)
  }

  // MARK: - Several queues and patterns

  /// Asks, and returns what the connection is then told to subscribe to.
  private func subscribe(
    _ client: Client, _ body: Value, as format: WireFormat? = nil
  ) throws -> (Value, [LiveSubscription]) {
    client.send(
      ["action": "subscription_create", "headers": client.headers, "body": body], as: format)
    let effects = client.takeEffects()
    let subscriptions = effects.flatMap { effect -> [LiveSubscription] in
      if case .subscribe(let subscriptions) = effect { subscriptions } else { [] }
    }
    guard case .send(let bytes, let kind)? = effects.last else { return (.null, subscriptions) }
    let response = try (kind == .text ? WireFormat.json : .messagePack).decode(bytes)
    return (response["body"] ?? .null, subscriptions)
  }

  @Test(arguments: WireFormat.allCases)
  func severalQueuesAtOnce(format: WireFormat) throws {
    let client = service.client(format)
    try client.ask("subscription_create", ["queue_name": "a"])
    let (body, subscriptions) = try subscribe(client, ["queue_names": ["a", "b", "c*", "*", "b"]])
    #expect(subscriptions.map(\.queue.name) == ["b", "c*", "*"])
    #expect(subscriptions.map(\.queue.isPattern) == [false, true, true])
    #expect(body["message"] == "Subscription a, b, c*, * created.")
    let expected = subscriptions.map { one -> Value in
      ["queue_name": .string(one.queue.name), "subscription_id": .string(one.id.description)]
    }
    #expect(body["subscriptions"] == .array(expected))
    // No queue is made for a pattern.
    #expect(try client.ask("queue_list").body == ["queues": [["name": "a"], ["name": "b"]]])
    let again = try subscribe(client, ["queue_names": ["a", "b"]])
    #expect(again.0 == "Subscription a, b not created." && again.1.isEmpty)
  }

  static let badNames: [(Value, String)] = [
    (["queue_names": []], "queue_names must be at least 1 and may not be more than 20 names."),
    (
      ["queue_names": .array(Array(repeating: "a", count: 21))],
      "queue_names must be at least 1 and may not be more than 20 names."
    ),
    (
      ["queue_names": ["a"], "subscriber": "http://h"],
      "A subscriber with a URL has one queue_name and no queue_names."
    ),
    (["queue_names": ["a b"]], QueueActionTests.charset),
    (["queue_names": [""]], QueueActionTests.charset),
    (["queue_names": ["a*b c"]], QueueActionTests.charset),
  ]

  @Test(arguments: badNames)
  func namesThatAreRefused(wrong: (body: Value, complaint: String)) throws {
    let client = service.client()
    let response = try client.ask("subscription_create", wrong.body)
    #expect(response.status == 400 && response.body == refusal(wrong.complaint))
    #expect(try client.ask("queue_list").body == ["queues": []])
  }

  @Test func whatTheHubIsTold() throws {
    let client = service.client()
    let now = service.clock.now
    let (_, plain) = try subscribe(client, ["queue_name": "a"])
    #expect(plain.count == 1)
    #expect(plain[0].queue == QueueKey(project: "p", name: "a"))
    #expect(plain[0].stored.expires == now + 3_600_000 && plain[0].replays.isEmpty)
    #expect(!plain[0].options.ids && !plain[0].options.ack)
    #expect(plain[0].subscriber == client.conversation.subscriber)
    let (_, ack) = try subscribe(
      client, ["queue_name": "b", "ttl": 60, "options": ["ids": true, "ack": true]])
    #expect(ack[0].stored.expires == now + 60000 && ack[0].options.ids && ack[0].options.ack)
    let (_, none) = try subscribe(client, ["queue_name": "b"])
    #expect(none.isEmpty)
  }

  // MARK: - The past

  private func marker(_ queue: String, _ text: String) -> LiveSubscription.Marker {
    .init(queue: QueueKey(project: "p", name: queue), message: Identifier(text))
  }

  @Test func pastOfOneQueue() throws {
    let client = service.client()
    let id = MessageActionTests.noID
    let (_, some) = try subscribe(client, ["queue_name": "a", "since": .string(id)])
    #expect(some.map(\.replays) == [[marker("a", id)]])
    let (_, all) = try subscribe(client, ["queue_name": "b", "since": ""])
    #expect(all.map(\.replays) == [[marker("b", "")]])
  }

  @Test func pastOfEachQueueIsToldByTheFirstNameThatCoversIt() throws {
    let id = MessageActionTests.noID
    let (_, subscriptions) = try subscribe(
      service.client(),
      [
        "queue_names": ["a*", "*b", "b"], "since": ["ab": .string(id), "b": "", "cb": ""],
      ])
    #expect(subscriptions.map { $0.replays.count } == [1, 2, 0])
    #expect(subscriptions[0].replays == [marker("ab", id)])
    #expect(Set(subscriptions[1].replays) == [marker("b", ""), marker("cb", "")])
  }

  static let refusedSince: [(Value, String)] = [
    (
      ["queue_names": ["a", "b"], "since": ""],
      "since must be a map of markers by queue where queue_names are given."
    ),
    (
      ["queue_names": ["a*"], "since": ""],
      "since must be a map of markers by queue where queue_names are given."
    ),
    (["queue_name": "a", "since": ["b": ""]], "since names b, which is not subscribed to."),
    (["queue_names": ["a*"], "since": ["a*": ""]], "since names a*, which is not subscribed to."),
    (
      [
        "queue_names": ["*"],
        "since": .map(
          .init(unique: (0...64).map { .init(key: .string("q\($0)"), value: "") })),
      ], "since may not name more than 64 queues."
    ),
    (
      ["queue_name": "a", "since": "", "options": ["ack": true]],
      "since and the option ack cannot be present together."
    ),
    (
      ["queue_names": ["a", "b*"], "options": ["ack": true]],
      "The option ack needs queues by name and no patterns."
    ),
  ]

  @Test(arguments: refusedSince)
  func pastThatIsRefused(wrong: (body: Value, complaint: String)) throws {
    let client = service.client()
    let response = try client.ask("subscription_create", wrong.body)
    #expect(response.status == 400 && response.body == refusal(wrong.complaint))
    #expect(try client.ask("queue_list").body == ["queues": []])
  }

  // MARK: - In which format

  static let formats: [(NotificationFormat, first: WireFormat, [WireFormat])] = [
    // Created in JSON, in MessagePack, in MessagePack accepting JSON, in JSON accepting MessagePack.
    (.subscription, .json, [.json, .messagePack, .json, .messagePack]),
    (.accept, .json, [.json, .json, .json, .messagePack]),
    (.firstMessage, .json, [.json, .json, .json, .json]),
    (.firstMessage, .messagePack, [.messagePack, .messagePack, .messagePack, .messagePack]),
    (.fixed(.json), .messagePack, [.json, .json, .json, .json]),
    (.fixed(.messagePack), .json, [.messagePack, .messagePack, .messagePack, .messagePack]),
  ]

  @Test(arguments: formats)
  func formatOfNotifications(
    setting: NotificationFormat, first: WireFormat, expected: [WireFormat]
  ) throws {
    var settings = MessagingSettings()
    settings.notificationFormat = setting
    let client = TestService(settings).client(first)
    _ = try client.ask("queue_list")
    let ways: [(WireFormat, Value)] = [
      (.json, ["queue_name": "a"]), (.messagePack, ["queue_name": "b"]),
      (.messagePack, ["queue_name": "c", "accept": "json"]),
      (.json, ["queue_name": "d", "accept": "msgpack"]),
    ]
    let formats = try ways.map { try subscribe(client, $0.1, as: $0.0).1.map(\.format) }
    #expect(formats == expected.map { [$0] })
  }

  // MARK: - The end

  @Test func endOfTheConnectionEndsItsSubscriptions() throws {
    let client = service.client()
    for queue in ["a", "b"] as [Value] {
      try client.ask("subscription_create", ["queue_name": queue])
    }
    let other = service.client()
    try other.ask("subscription_create", ["queue_name": "a"])
    client.conversation.end()
    let list = try other.ask("subscription_list", ["queue_name": "a"]).body["subscriptions"]
    #expect(list?.count == 1)
    #expect(list?[0]?["subscriber"]?.text == other.conversation.subscriber)
    #expect(
      try other.ask("subscription_list", ["queue_name": "b"]).body == ["subscriptions": []])
  }

  @Test func subscriptionsOfAnEarlierServerAreDropped() throws {
    let store = MemoryStore(defaultMessageTTL: 3600, clock: wallClock)
    let old = TestService(store: store).client()
    try old.ask("subscription_create", ["queue_name": "q"])
    try old.ask("subscription_create", ["queue_name": "q", "subscriber": "http://h"])
    let new = TestService(store: store).client()
    let list = try new.ask("subscription_list", ["queue_name": "q"]).body["subscriptions"]
    #expect(list?.count == 1 && list?[0]?["subscriber"] == "http://h")
  }
}
