// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite(.everywhere) struct MessageActionTests {
  private let service = TestService()

  static let limitComplaint = "Limit must be at least 1 and may not be greater than 20."
  static let noQueue = refusal("Queue q does not exist for project p")
  static let noID = "00000000-0000-8001-8000-000000000000"

  /// Posts messages with these bodies to queue q, and returns their ids.
  @discardableResult
  private func post(_ client: Client, _ bodies: Value...) throws -> [String] {
    let messages = bodies.map { body -> Value in ["body": body] }
    let response = try client.ask(
      "message_post", ["queue_name": "q", "messages": .array(messages)])
    #expect(response.status == 201)
    guard case .array(let ids)? = response.body["message_ids"] else { return [] }
    return ids.compactMap(\.text)
  }

  private func bodies(_ response: Client.Response) -> [Value] {
    guard case .array(let messages)? = response.body["messages"] else { return [] }
    return messages.compactMap { $0["body"] }
  }

  // MARK: - Listing

  @Test(arguments: WireFormat.allCases)
  func messagesAreListedInOrder(format: WireFormat) throws {
    let client = service.client(format)
    let ids = try post(client, 1, ["a": nil], "x")
    service.clock.advance(milliseconds: 2999)
    let response = try client.ask("message_list", ["queue_name": "q", "echo": true])
    #expect(response.status == 200)
    let expected = zip(ids, [1, ["a": nil], "x"] as [Value]).map { id, body -> Value in
      ["id": .string(id), "claim_id": nil, "ttl": 3600, "age": 2, "body": body]
    }
    #expect(response.body == ["messages": .array(expected)])
  }

  @Test(arguments: WireFormat.allCases)
  func pagesGoOnBehindTheMarker(format: WireFormat) throws {
    let client = service.client(format)
    var ids: [String] = []
    for number in 0..<25 { ids += try post(client, .int(Int64(number))) }
    func list(_ limit: Value?, _ marker: String? = nil) throws -> [Value] {
      var body = Value.Map()
      body.set("queue_name", "q")
      body.set("echo", true)
      if let limit { body.set("limit", limit) }
      if let marker { body.set("marker", .string(marker)) }
      return bodies(try client.ask("message_list", .map(body)))
    }
    func numbers(_ range: Range<Int64>) -> [Value] { range.map { .int($0) } }
    #expect(try list(nil) == numbers(0..<10))
    #expect(try list(1, ids[0]) == [1])
    #expect(try list(20, ids[4]) == numbers(5..<25))
    #expect(try list(20, ids[24]) == [])
    #expect(try list(1, "no id") == [0] && list(1, Self.noID) == [0] && list(1, "") == [0])
    try client.ask("message_delete", ["queue_name": "q", "message_id": .string(ids[4])])
    #expect(try list(1, ids[4]) == [5])
  }

  @Test func echoAndClaimedMessagesAreLeftOutUnlessAskedFor() throws {
    let mine = service.client()
    let yours = service.client()
    yours.headers = ["Client-ID": "11111111111111111111111111111111", "X-Project-ID": "p"]
    try post(mine, "mine")
    try post(yours, "yours")
    func list(_ client: Client, _ more: (String, Value)...) throws -> [Value] {
      var body = Value.Map()
      body.set("queue_name", "q")
      for (key, value) in more { body.set(key, value) }
      return bodies(try client.ask("message_list", .map(body)))
    }
    #expect(try list(mine) == ["yours"] && list(yours) == ["mine"])
    #expect(try list(mine, ("echo", true)) == ["mine", "yours"])
    try mine.ask("claim_create", ["queue_name": "q", "limit": 1])
    #expect(try list(yours) == [])
    #expect(try list(yours, ("include_claimed", true)) == ["mine"])
    #expect(try list(mine, ("echo", true), ("include_delayed", true)) == ["yours"])
    // Another spelling of one UUID is the same client.
    yours.headers = [
      "Client-ID": "{11111111-1111-1111-1111-111111111111}", "X-Project-ID": "p",
    ]
    #expect(try list(yours, ("include_claimed", true)) == ["mine"])
  }

  @Test(arguments: WireFormat.allCases)
  func listChecksClientThenLimitThenQueue(format: WireFormat) throws {
    let client = service.client(format)
    let good = client.headers
    client.headers = ["Client-ID": "me", "X-Project-ID": "p"]
    let body: Value = ["queue_name": "q", "limit": 21]
    var response = try client.ask("message_list", body)
    #expect(response.status == 400)
    #expect(response.body == refusal("badly formed hexadecimal UUID string"))
    client.headers = good
    response = try client.ask("message_list", body)
    #expect(response.status == 400 && response.body == refusal(Self.limitComplaint))
    response = try client.ask("message_list", ["queue_name": "q"])
    #expect(response.status == 404 && response.body == Self.noQueue)
  }

  // MARK: - One and several

  @Test(arguments: WireFormat.allCases)
  func oneMessage(format: WireFormat) throws {
    let client = service.client(format)
    #expect(
      try client.ask("message_get", ["queue_name": "q", "message_id": "m"]).body == Self.noQueue)
    let id = try post(client, "x")[0]
    try client.ask("claim_create", ["queue_name": "q"])
    let response = try client.ask("message_get", ["queue_name": "q", "message_id": .string(id)])
    #expect(response.status == 200)
    #expect(
      response.body == [
        "messages": ["id": .string(id), "claim_id": nil, "ttl": 3600, "age": 0, "body": "x"]
      ])
    for absent in [Self.noID, "m", ""] {
      let response = try client.ask(
        "message_get", ["queue_name": "q", "message_id": .string(absent)])
      #expect(response.status == 404)
      #expect(
        response.body
          == refusal("Message \(absent) does not exist in queue q for project p"))
    }
  }

  @Test(arguments: WireFormat.allCases)
  func idCountsInItsOwnProjectAndQueueOnly(format: WireFormat) throws {
    let client = service.client(format)
    let id = Value.string(try post(client, "x")[0])
    let stranger = service.client(format, project: "p2")
    for other in [client, stranger] {
      let queue: Value = other === client ? "r" : "q"
      try other.ask("queue_create", ["queue_name": queue])
      #expect(try other.ask("message_get", ["queue_name": queue, "message_id": id]).status == 404)
      #expect(
        try other.ask("message_get_many", ["queue_name": queue, "message_ids": [id]]).body
          == ["messages": []])
      #expect(
        try other.ask("message_delete", ["queue_name": queue, "message_id": id]).status == 204)
      #expect(
        try other.ask("message_delete_many", ["queue_name": queue, "message_ids": [id]]).status
          == 204)
    }
    #expect(try client.ask("message_get", ["queue_name": "q", "message_id": id]).status == 200)
  }

  @Test(arguments: WireFormat.allCases)
  func severalMessagesInTheOrderAsked(format: WireFormat) throws {
    let client = service.client(format)
    func get(_ ids: Value) throws -> Client.Response {
      try client.ask("message_get_many", ["queue_name": "q", "message_ids": ids])
    }
    #expect(try get(["a"]).body == ["messages": []])
    let ids = try post(client, 0, 1, 2).map { Value.string($0) }
    let response = try get([ids[2], "none", 7, ids[0], .string(Self.noID)])
    #expect(response.status == 200 && bodies(response) == [2, 0])
    for wrong in [[], .array(Array(repeating: ids[0], count: 21))] as [Value] {
      let response = try get(wrong)
      #expect(response.status == 400 && response.body == refusal(Self.limitComplaint))
    }
  }

  // MARK: - Deleting

  @Test(arguments: WireFormat.allCases)
  func deletionLooksAtTheClaim(format: WireFormat) throws {
    let client = service.client(format)
    let ids = try post(client, 0, 1, 2)
    func claim() throws -> String {
      try client.ask("claim_create", ["queue_name": "q", "limit": 1]).body["claim_id"]!.text!
    }
    let (first, second) = (try claim(), try claim())
    func delete(_ index: Int, _ claim: String? = nil) throws -> Client.Response {
      var body = Value.Map()
      body.set("queue_name", "q")
      body.set("message_id", .string(ids[index]))
      if let claim { body.set("claim_id", .string(claim)) }
      return try client.ask("message_delete", .map(body))
    }
    let needsClaim = "This message is claimed; it cannot be deleted without a valid claim ID."
    var response = try delete(0)
    #expect(response.status == 403)
    #expect(response.body == refusal("Message \(ids[0]) is claimed", needsClaim))
    response = try delete(0, second)
    #expect(response.status == 403)
    #expect(response.body == refusal("Message \(ids[0]) is not claimed by \(second)", needsClaim))
    for absent in [Self.noID, "no id", ""] {
      response = try delete(0, absent)
      #expect(response.status == 400)
      #expect(
        response.body
          == refusal(
            "Claim \(absent) does not exist in queue q for project p",
            "The specified claim does not exist or has expired."))
    }
    response = try delete(2, first)
    #expect(response.status == 400)
    #expect(
      response.body
        == refusal(
          "Message \(ids[2]) is no longer claimed",
          "A claim was specified, but the message is not currently claimed."))
    for (index, claim) in [(0, first), (2, nil), (2, nil), (0, first)] {
      response = try delete(index, claim)
      #expect(response.status == 204 && response.body == [:])
    }
    for id in ["none", Self.noID] {
      response = try client.ask("message_delete", ["queue_name": "x", "message_id": .string(id)])
      #expect(response.status == 204 && response.body == [:])
    }
  }

  @Test(arguments: WireFormat.allCases)
  func severalAreDeletedWhateverHoldsThem(format: WireFormat) throws {
    let client = service.client(format)
    let ids = try post(client, 0, 1, 2).map { Value.string($0) }
    try client.ask("claim_create", ["queue_name": "q", "limit": 1])
    let response = try client.ask(
      "message_delete_many", ["queue_name": "q", "message_ids": [ids[0], "x", ids[2]]])
    #expect(response.status == 204 && response.body == [:])
    let left = try client.ask(
      "message_list", ["queue_name": "q", "echo": true, "include_claimed": true])
    #expect(bodies(left) == [1])
  }

  @Test(arguments: WireFormat.allCases)
  func popTakesTheOldestFree(format: WireFormat) throws {
    let client = service.client(format)
    func pop(_ limit: Value) throws -> Client.Response {
      try client.ask("message_delete_many", ["queue_name": "q", "pop": limit])
    }
    #expect(try pop(1).body == ["messages": []])
    let ids = try post(client, 0, 1, 2, 3)
    try client.ask("claim_create", ["queue_name": "q", "limit": 1])
    let response = try pop(2)
    #expect(response.status == 200 && bodies(response) == [1, 2])
    guard case .map(let message)? = response.body["messages"]?[0] else {
      Issue.record("no map")
      return
    }
    #expect(message.entries.count == 6)
    #expect(message["id"] == .string(ids[1]) && message["age"] == 0 && message["ttl"] == 3600)
    #expect(message["claim_id"]?.text != nil && message["claim_count"]?.integer != nil)
    #expect(try bodies(pop(20)) == [3] && bodies(pop(1)) == [])
  }

  static let badDeletions: [(Value, String)] = [
    (
      ["message_ids": ["a"], "pop": 1],
      "pop and id params cannot be present together in the delete request."
    ),
    ([:], either), (["claim_ids": ["a"]], either),
    (["pop": 0], "Pop value must be at least 1 and may not be greater than 20."),
    (["pop": 21], "Pop value must be at least 1 and may not be greater than 20."),
    (["message_ids": []], ids), (["message_ids": .array(Array(repeating: "a", count: 21))], ids),
  ]
  static let either =
    #"The request should have either "ids" or "pop" parameter in the request, to be able to delete."#
  static let ids = "ids parameter should have at least 1 and not greater than 20 values."

  @Test(arguments: WireFormat.allCases, badDeletions)
  func deletionThatSaysTooLittleOrTooMuch(
    format: WireFormat, wrong: (body: Value, complaint: String)
  ) throws {
    guard case .map(var body) = wrong.body else { return }
    body.set("queue_name", "q")
    let response = try service.client(format).ask("message_delete_many", .map(body))
    #expect(response.status == 400 && response.body == refusal(wrong.complaint))
  }

  @Test func severalAreDeletedOnlyWithTheirClaimsWhereThatIsSet() throws {
    var settings = MessagingSettings()
    settings.deletesManyWithClaimIDs = true
    let client = TestService(settings).client()
    let ids = try post(client, 0, 1, 2).map { Value.string($0) }
    let claim = try client.ask("claim_create", ["queue_name": "q", "limit": 2]).body["claim_id"]!
    let other = try client.ask("claim_create", ["queue_name": "q", "limit": 1]).body["claim_id"]!
    let both =
      #"The request should have both "ids" and "claim_ids" parameter in the request when "#
      + "message_delete_with_claim_id is True."
    for body in [
      ["queue_name": "q", "message_ids": .array(ids)],
      ["queue_name": "q", "pop": 1, "claim_ids": [claim]],
    ] as [Value] {
      let response = try client.ask("message_delete_many", body)
      #expect(response.status == 400 && response.body == refusal(both))
    }
    let response = try client.ask(
      "message_delete_many",
      ["queue_name": "q", "message_ids": [ids[0], ids[2]], "claim_ids": [claim]])
    #expect(response.status == 204 && response.body == [:])
    let left = try client.ask(
      "message_list", ["queue_name": "q", "echo": true, "include_claimed": true])
    #expect(bodies(left) == [1, 2])
    try client.ask(
      "message_delete_many",
      ["queue_name": "q", "message_ids": .array(ids), "claim_ids": [claim, other, "x", 1]])
    #expect(try client.ask("queue_get_stats", ["queue_name": "q"]).body["messages"]?["total"] == 0)
    #expect(try client.ask("message_delete_many", ["queue_name": "q", "pop": 1]).status == 200)
  }
}
