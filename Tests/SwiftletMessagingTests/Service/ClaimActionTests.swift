// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite(.everywhere) struct ClaimActionTests {
  private let service = TestService()

  private func post(_ client: Client, _ count: Int, ttl: Int64 = 3600) throws {
    for number in 0..<count {
      let message: Value = ["body": .int(Int64(number)), "ttl": .int(ttl)]
      try client.ask("message_post", ["queue_name": "q", "messages": [message]])
    }
  }

  private func noClaim(_ id: String) -> Value {
    refusal(
      "Claim \(id) does not exist in queue q for project p", "Claim \(id) does not exist.")
  }

  @Test(arguments: WireFormat.allCases)
  func claimHoldsTheOldestFree(format: WireFormat) throws {
    let client = service.client(format)
    try post(client, 12)
    service.clock.advance(seconds: 5)
    let response = try client.ask("claim_create", ["queue_name": "q", "limit": 2])
    #expect(response.status == 201)
    let claim = try #require(response.body["claim_id"])
    #expect(response.body["messages"]?.count == 2)
    for index in 0..<2 {
      let message = try #require(response.body["messages"]?[index])
      #expect(
        message == [
          "id": message["id"]!, "claim_id": claim, "ttl": 3600, "age": 5,
          "body": .int(Int64(index)),
        ])
    }
    let next = try client.ask("claim_create", ["queue_name": "q"]).body["messages"]
    #expect(next?.count == 10 && next?[0]?["body"] == 2)
    let nothing = try client.ask("claim_create", ["queue_name": "q"])
    #expect(nothing.status == 204 && nothing.body["claim_id"]?.text != nil)
    #expect(nothing.body == ["claim_id": nothing.body["claim_id"]!])
  }

  @Test(arguments: WireFormat.allCases)
  func claimOnNoQueueMakesNone(format: WireFormat) throws {
    let client = service.client(format)
    let response = try client.ask("claim_create", ["queue_name": "q"])
    #expect(response.status == 204 && response.body["claim_id"]?.text != nil)
    #expect(try client.ask("queue_list").body == ["queues": []])
  }

  static let ttl =
    "The TTL for a claim may not exceed 43200 seconds, and must be at least 60 seconds long."
  static let grace =
    "The grace for a claim may not exceed 43200 seconds, and must be at least 60 seconds long."
  static let limit = "Limit must be at least 1 and may not be greater than 20."
  static let badBounds: [(Value, String)] = [
    (["ttl": 59], ttl), (["ttl": 43201], ttl), (["ttl": .uint(.max)], ttl),
    (["ttl": 59, "limit": 0, "grace": 0], ttl), (["limit": 0], limit), (["limit": 21], limit),
    (["limit": 21, "grace": 59], limit), (["grace": 59], grace), (["grace": 43201], grace),
  ]

  @Test(arguments: WireFormat.allCases, badBounds)
  func bounds(format: WireFormat, wrong: (body: Value, complaint: String)) throws {
    guard case .map(var body) = wrong.body else { return }
    body.set("queue_name", "q")
    let response = try service.client(format).ask("claim_create", .map(body))
    #expect(response.status == 400 && response.body == refusal(wrong.complaint))
  }

  @Test(arguments: WireFormat.allCases)
  func claimIsLookedAt(format: WireFormat) throws {
    let client = service.client(format)
    try post(client, 2)
    let claim = try client.ask("claim_create", ["queue_name": "q", "ttl": 100]).body
    let id = try #require(claim["claim_id"])
    service.clock.advance(seconds: 3)
    let first = try #require(claim["messages"]?[0]?["id"])
    try client.ask("message_delete", ["queue_name": "q", "message_id": first, "claim_id": id])
    let response = try client.ask("claim_get", ["queue_name": "q", "claim_id": id])
    #expect(response.status == 200)
    #expect(
      response.body == [
        "age": 3, "ttl": 100,
        "messages": [
          [
            "id": claim["messages"]![1]!["id"]!, "claim_id": id, "ttl": 3600, "age": 3, "body": 1,
          ]
        ],
      ])
    service.clock.advance(seconds: 97)
    let over = try client.ask("claim_get", ["queue_name": "q", "claim_id": id])
    #expect(over.status == 404 && over.body == noClaim(id.text!))
  }

  @Test(arguments: WireFormat.allCases)
  func claimThatIsNotThere(format: WireFormat) throws {
    let client = service.client(format)
    for id in ["c", "", MessageActionTests.noID] {
      let body: Value = ["queue_name": "q", "claim_id": .string(id)]
      for action in ["claim_get", "claim_update"] {
        let response = try client.ask(action, body)
        #expect(response.status == 404 && response.body == noClaim(id))
      }
      let deletion = try client.ask("claim_delete", body)
      #expect(deletion.status == 204 && deletion.body == .string("Claim \(id) deleted."))
    }
  }

  @Test(arguments: WireFormat.allCases)
  func claimIsRenewed(format: WireFormat) throws {
    let client = service.client(format)
    try post(client, 1)
    let id = try client.ask("claim_create", ["queue_name": "q", "ttl": 100]).body["claim_id"]!
    service.clock.advance(seconds: 50)
    func update(_ more: (String, Value)...) throws -> Client.Response {
      var body = Value.Map()
      body.set("queue_name", "q")
      body.set("claim_id", id)
      for (key, value) in more { body.set(key, value) }
      return try client.ask("claim_update", .map(body))
    }
    func ttlAndAge() throws -> [Value?] {
      let claim = try client.ask("claim_get", ["queue_name": "q", "claim_id": id]).body
      return [claim["ttl"], claim["age"]]
    }
    let response = try update(("ttl", 200))
    #expect(response.status == 204 && response.body == .string("Claim \(id.text!) updated."))
    #expect(try ttlAndAge() == [200, 0])
    #expect(try update(("grace", 1)).status == 204)
    #expect(try ttlAndAge() == [300, 0])
    for grace in [0, -5, .int(.max), .int(.min), .uint(.max)] as [Value] {
      #expect(try update(("grace", grace)).status == 204)
    }
    for ttl in [59, 43201] as [Value] {
      let response = try update(("ttl", ttl))
      #expect(response.status == 400 && response.body == refusal(Self.ttl))
    }
    for grace in ["60", nil, true, .double(60), []] as [Value] {
      let response = try update(("grace", grace))
      #expect(response.status == 400)
      #expect(
        response.body == refusal(#"Bad request. The value of the "grace" field must be a int."#))
    }
  }

  @Test(arguments: WireFormat.allCases)
  func graceLetsAMessageOutliveTheClaim(format: WireFormat) throws {
    let client = service.client(format)
    try post(client, 1, ttl: 60)
    let claim = try client.ask("claim_create", ["queue_name": "q", "ttl": 100, "grace": 70]).body
    #expect(claim["messages"]?[0]?["ttl"] == 170)
    service.clock.advance(seconds: 169)
    let listed = try client.ask("message_list", ["queue_name": "q", "echo": true]).body["messages"]
    #expect(listed?.count == 1 && listed?[0]?["ttl"] == 170)
    service.clock.advance(seconds: 1)
    let later = try client.ask("message_list", ["queue_name": "q", "echo": true]).body["messages"]
    #expect(later?.count == 0)
  }

  @Test(arguments: WireFormat.allCases)
  func deletedClaimFreesItsMessages(format: WireFormat) throws {
    let client = service.client(format)
    try post(client, 1)
    let id = try client.ask("claim_create", ["queue_name": "q"]).body["claim_id"]!
    for _ in 0..<2 {
      let response = try client.ask("claim_delete", ["queue_name": "q", "claim_id": id])
      #expect(response.status == 204 && response.body == .string("Claim \(id.text!) deleted."))
    }
    let listed = try client.ask("message_list", ["queue_name": "q", "echo": true]).body["messages"]
    #expect(listed?.count == 1 && listed?[0]?["claim_id"] == .null)
  }

  @Test(arguments: WireFormat.allCases)
  func messageClaimedTooOftenGoesToTheDeadLetters(format: WireFormat) throws {
    let client = service.client(format)
    let metadata: Value = [
      "_max_claim_count": 2, "_dead_letter_queue": "dead", "_dead_letter_queue_messages_ttl": 100,
    ]
    try client.ask("queue_create", ["queue_name": "q", "metadata": metadata])
    try post(client, 1)
    for _ in 0..<2 {
      let claim = try client.ask("claim_create", ["queue_name": "q"])
      #expect(claim.status == 201)
      let id = try #require(claim.body["claim_id"])
      try client.ask("claim_delete", ["queue_name": "q", "claim_id": id])
    }
    let claim = try client.ask("claim_create", ["queue_name": "q"])
    #expect(claim.status == 204 && claim.body == ["claim_id": nil])
    let dead = try client.ask("message_list", ["queue_name": "dead", "echo": true]).body["messages"]
    #expect(dead?.count == 1 && dead?[0]?["ttl"] == 100 && dead?[0]?["body"] == 0)
  }
}
