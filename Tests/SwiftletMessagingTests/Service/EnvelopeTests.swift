// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

/// From a frame to an action: what is checked, in which order, and how it is complained of.
@Suite struct EnvelopeTests {
  private let service = TestService()

  // MARK: - Decoding

  @Test(arguments: [
    "", " ", "{", "{}{}", "[1,2", "nope", "\u{feff}{}", #"{"a": NaN}"#, #"{"a": 1e999}"#,
    #"{"a": 18446744073709551616}"#, #"{"a": "\ud800"}"#,
    String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000),
  ])
  func textThatIsNoJSON(text: String) throws {
    let client = service.client()
    client.send(Array(text.utf8), .text)
    let response = try client.takeResponse()
    #expect(response.status == 400 && response.format == .json)
    let error = try #require(response.body["error"]?.text)
    let prefix = "Can't decode text (JSON) request. "
    #expect(
      error.hasPrefix(prefix + "JSONDecodeError: ") || error.hasPrefix(prefix + "RecursionError: "))
    #expect(response.request == ["action": nil, "body": [:], "headers": [:], "api": "v2"])
  }

  @Test(
    arguments: [
      ([], "ValueError"), ([0x92, 0x01], "ValueError"), ([0xc1], "FormatError"),
      ([0x01, 0x01], "ExtraData"), ([0xa1, 0xff], "UnicodeDecodeError"),
      ([0x81, 0x01, 0x01], "ValueError"), ([0xdd, 0xff, 0xff, 0xff, 0xff], "ValueError"),
      ([UInt8](repeating: 0x91, count: 2000) + [0x01], "StackError"),
    ] as [([UInt8], String)])
  func bytesThatAreNoMessagePack(bytes: [UInt8], kind: String) throws {
    let client = service.client()
    client.send(bytes, .binary)
    let response = try client.takeResponse()
    #expect(response.status == 400 && response.format == .messagePack)
    let error = try #require(response.body["error"]?.text)
    #expect(error.hasPrefix("Can't decode binary (MessagePack) request. \(kind): "))
    #expect(response.request == ["action": nil, "body": [:], "headers": [:], "api": "v2"])
  }

  @Test(
    arguments: WireFormat.allCases,
    [[], 1, "text", nil, true, [["action", "queue_list"]]] as [Value])
  func whatIsNoMap(format: WireFormat, value: Value) throws {
    let response = try service.client(format).ask(value)
    #expect(response.status == 400 && response.format == format)
    #expect(response.body == complaint("Unexpected body type. Expected dict or dict like."))
    #expect(response.request == ["action": nil, "body": [:], "headers": [:], "api": "v2"])
  }

  // MARK: - Actions

  static let invalidActions: [(Value?, String)] = [
    ("foo", "foo"), ("", ""), ("Queue_list", "Queue_list"), (nil, "None"), (.null, "None"),
    (5, "5"), (true, "True"), (false, "False"), (.double(1.5), "1.5"), ([], "[]"),
    (["a": 1], #"{"a":1}"#), ([1, "b"], #"[1,"b"]"#),
    // What a schema once named and nothing serves.
    ("get_home_doc", "get_home_doc"), ("check_node_health", "check_node_health"),
    ("ping_node", "ping_node"), ("pool_list", "pool_list"), ("pool_create", "pool_create"),
    ("pool_get", "pool_get"), ("pool_update", "pool_update"), ("pool_delete", "pool_delete"),
    ("flavor_list", "flavor_list"), ("flavor_create", "flavor_create"),
    ("flavor_get", "flavor_get"), ("flavor_update", "flavor_update"),
    ("flavor_delete", "flavor_delete"),
  ]

  @Test(arguments: WireFormat.allCases, invalidActions)
  func actionThatIsNone(format: WireFormat, action: (value: Value?, shown: String)) throws {
    var request: Value.Map = .init()
    if let value = action.value { request.set("action", value) }
    // Wrong fields do not matter before the action is known.
    request.set("headers", 7)
    let response = try service.client(format).ask(.map(request))
    #expect(response.status == 400)
    #expect(response.body == complaint("\(action.shown) is not a valid action"))
    #expect(
      response.request
        == ["action": action.value ?? .null, "body": [:], "headers": 7, "api": "v2"])
  }

  @Test func actionInBytes() throws {
    let response = try service.client(.messagePack).ask([
      "action": .binary(Array("queue_list".utf8))
    ])
    #expect(response.body == complaint("b'queue_list' is not a valid action"))
    let odd = try service.client(.messagePack).ask(["action": .binary([0x27, 0x5c, 0x00, 0xff])])
    #expect(odd.body == complaint(#"b'\'\\\x00\xff' is not a valid action"#))
    var request = Value.Map()
    request.set(.binary(Array("action".utf8)), "queue_list")
    let absent = try service.client(.messagePack).ask(.map(request))
    #expect(absent.body == complaint("None is not a valid action"))
  }

  // MARK: - The schema

  struct Shape: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var request: Value
    init(_ description: String, _ request: Value) {
      testDescription = description
      self.request = request
    }
  }

  static let headers: Value = ["Client-ID": "c", "X-Project-ID": "p"]

  static let wrongShapes: [Shape] =
    [
      Shape("no headers", ["action": "queue_list"]),
      Shape("null headers", ["action": "queue_list", "headers": nil]),
      Shape(
        "headers in an array", ["action": "queue_list", "headers": ["Client-ID", "X-Project-ID"]]),
      Shape("no client", ["action": "queue_list", "headers": ["X-Project-ID": "p"]]),
      Shape("no project", ["action": "queue_list", "headers": ["Client-ID": "c"]]),
      Shape(
        "other case", ["action": "queue_list", "headers": ["client-id": "c", "X-Project-Id": "p"]]),
      Shape(
        "client not text",
        ["action": "queue_list", "headers": ["Client-ID": 1, "X-Project-ID": "p"]]),
      Shape(
        "project null",
        ["action": "queue_list", "headers": ["Client-ID": "c", "X-Project-ID": nil]]),
      Shape(
        "token not text",
        [
          "action": "queue_list",
          "headers": ["Client-ID": "c", "X-Project-ID": "p", "X-Auth-Token": 1],
        ]),
      Shape("null body", ["action": "queue_list", "headers": headers, "body": nil]),
      Shape("body no map", ["action": "queue_list", "headers": headers, "body": "q"]),
      Shape("no body", ["action": "queue_get", "headers": headers]),
      Shape("no name", ["action": "queue_get", "headers": headers, "body": [:]]),
      Shape("no token", ["action": "authenticate", "headers": ["X-Project-ID": "p"]]),
      Shape(
        "no project to authenticate for",
        ["action": "authenticate", "headers": ["X-Auth-Token": "t"]]),
    ]
    + [
      ("queue_list", ["limit": "1"]), ("queue_list", ["limit": true]),
      ("queue_list", ["limit": .double(2)]),
      ("queue_list", ["marker": 1]), ("queue_list", ["detailed": 1]),
      ("queue_list", ["limit": nil]),
      ("queue_create", ["queue_name": 1]), ("queue_delete", ["queue_name": nil]),
      ("queue_get_stats", ["queue": "q"]),
      ("queue_purge", ["queue_name": "q", "resource_types": "messages"]),
      ("message_post", ["queue_name": "q"]),
      ("message_post", ["queue_name": "q", "messages": [:]]),
      ("message_post", ["messages": []]),
      ("message_list", ["queue_name": "q", "echo": "true"]),
      ("message_list", ["queue_name": "q", "include_claimed": 1]),
      ("message_get", ["queue_name": "q"]), ("message_get", ["queue_name": "q", "message_id": 1]),
      ("message_get_many", ["queue_name": "q", "message_ids": "a"]),
      ("message_delete", ["queue_name": "q", "message_id": "m", "claim_id": 1]),
      ("message_delete_many", ["queue_name": "q", "pop": "1"]),
      ("message_delete_many", ["queue_name": "q", "message_ids": "1"]),
      ("message_delete_many", ["queue_name": "q", "claim_ids": "1"]),
      ("claim_create", ["queue_name": "q", "ttl": "1"]),
      ("claim_create", ["queue_name": "q", "grace": .double(60)]),
      ("claim_get", ["queue_name": "q"]),
      ("claim_update", ["queue_name": "q", "claim_id": "c", "ttl": nil]),
      ("claim_delete", ["claim_id": "c"]),
      ("subscription_create", [:]), ("subscription_create", ["queue_name": "q", "subscriber": 1]),
      ("subscription_create", ["queue_name": "q", "options": []]),
      ("subscription_create", ["queue_name": "q", "ttl": "1"]),
      ("subscription_create", ["queue_name": "q", "accept": 1]),
      ("subscription_create", ["queue_name": "q", "accept": "xml"]),
      ("subscription_create", ["queue_name": "q", "accept": "JSON"]),
      ("subscription_create", ["queue_name": "q", "since": 1]),
      ("subscription_create", ["queue_name": "q", "since": ["q": 1]]),
      ("subscription_create", ["queue_name": "q", "queue_names": ["r"]]),
      ("subscription_create", ["queue_names": "r"]), ("subscription_create", ["queue_names": [1]]),
      ("subscription_list", [:]), ("subscription_get", ["queue_name": "q"]),
      ("subscription_delete", ["subscription_id": "s"]),
      ("subscription_update", ["queue_name": "q", "subscription_id": "s", "confirmed": 1]),
      ("queue_create", ["queue_name": "q", "metadata": "text"]),
      ("queue_create", ["queue_name": "q", "metadata": 7]),
      ("queue_create", ["queue_name": "q", "metadata": true]),
      ("queue_create", ["queue_name": "q", "metadata": [1]]),
      ("queue_update", ["queue_name": "q"]),
    ].map { (action: String, body: Value) in
      Shape("\(action) \(body)", ["action": .string(action), "headers": headers, "body": body])
    }

  @Test(arguments: WireFormat.allCases, wrongShapes)
  func requestOfTheWrongShape(format: WireFormat, shape: Shape) throws {
    let response = try service.client(format).ask(shape.request)
    #expect(response.status == 400)
    #expect(response.body == complaint("Schema validation failed."))
    #expect(response.request["action"] == shape.request["action"])
    #expect(response.request["body"] == shape.request["body"] ?? [:])
    let headers = shape.request["headers"] ?? .null
    #expect(response.request["headers"] == (headers == .null ? [:] : headers))
  }

  @Test func bytesAreNoText() throws {
    let headers: Value = ["Client-ID": "c", "X-Project-ID": .binary([0x70])]
    let client = service.client(.messagePack)
    #expect(
      try client.ask(["action": "queue_list", "headers": headers]).body
        == complaint("Schema validation failed."))
    #expect(
      try client.ask("queue_get", ["queue_name": .binary([0x71])]).body
        == complaint("Schema validation failed."))
  }

  @Test(arguments: WireFormat.allCases)
  func whatIsNotKnownIsAllowed(format: WireFormat) throws {
    let headers: Value = [
      "Client-ID": "c", "X-Project-ID": "p", "Accept": "x", "User-Agent": "y", "Date": "z",
      "Other": 1,
      "X-Auth-Token": "secret",
    ]
    let request: Value = [
      "action": "queue_list", "headers": headers, "body": ["other": [1, 2]], "other": true,
    ]
    let response = try service.client(format).ask(request)
    #expect(response.status == 200)
    #expect(
      response.envelope
        == [
          "request": [
            "action": "queue_list", "body": ["other": [1, 2]], "headers": headers, "api": "v2",
          ], "body": ["queues": []], "headers": ["status": 200],
        ])
  }

  // MARK: - What is echoed

  @Test(arguments: WireFormat.allCases)
  func idOfTheRequestComesBackBesideTheBody(format: WireFormat) throws {
    let client = service.client(format)
    for id in [1, "a", nil, ["x": [2]]] as [Value] {
      for action in ["queue_list", "foo"] as [Value] {
        let response = try client.ask(["action": action, "headers": client.headers, "id": id])
        #expect(response.envelope["id"] == id && response.request["id"] == nil)
      }
    }
    #expect(try client.ask("queue_list").envelope["id"] == nil)
  }

  @Test func secretsAreMaskedWhereThatIsSet() throws {
    var settings = MessagingSettings()
    settings.masksSecrets = true
    let client = TestService(settings).client()
    client.headers = [
      "Client-ID": "c", "X-Auth-Token": "secret", "X-Project-ID": "p", "URL-Signature": 7,
    ]
    #expect(
      try client.ask("queue_list").request["headers"] == [
        "Client-ID": "c", "X-Auth-Token": "***", "X-Project-ID": "p", "URL-Signature": "***",
      ])
    let failed = try client.ask("nothing").request["headers"]
    #expect(failed?["X-Auth-Token"] == "***")
  }

  /// A whole exchange, to the byte.
  @Test func bytesOnTheWire() throws {
    let client = service.client()
    let request = """
      83a6616374696f6ea971756575655f676574a76865616465727382a9436c69656e742d4944a163ac582d50726f6a6563742d4944\
      a170a4626f647981aa71756575655f6e616d65a171
      """
    let response = """
      83a77265717565737484a6616374696f6ea971756575655f676574a4626f647981aa71756575655f6e616d65a171a76865616465\
      727382a9436c69656e742d4944a163ac582d50726f6a6563742d4944a170a3617069a27632a4626f647980a7686561646572738\
      1a6737461747573ccc8
      """
    client.send(bytes(request), .binary)
    let binary = try client.takeMessages()
    #expect(binary.count == 1 && binary[0].bytes == bytes(response) && binary[0].kind == .binary)
    client.send(
      Array(
        #"{"action": "queue_get", "headers": {"Client-ID": "c", "X-Project-ID": "p"}, "body": {"queue_name": "q"}}"#
          .utf8), .text)
    let text = try client.takeMessages()
    #expect(text.count == 1 && text[0].kind == .text)
    #expect(
      String(decoding: text[0].bytes, as: UTF8.self)
        == #"{"request":{"action":"queue_get","body":{"queue_name":"q"},"headers":{"Client-ID":"c","X-Project-ID":"p"},"api":"v2"},"body":{},"headers":{"status":200}}"#
    )
  }

  private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
