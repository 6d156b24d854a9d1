// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct PostOptionsTests {
  private static func read(_ value: Value) throws -> PostOptions {
    guard case .map(let options) = value else { throw Answer.schemaFailure }
    return try PostOptions(checking: options)
  }

  private static func complaint(_ value: Value) -> String? {
    do {
      _ = try read(value)
      return nil
    } catch {
      return (error as? Answer)?.body["exception"]?.text
    }
  }

  @Test func headersAreAddedToOurs() throws {
    #expect(
      try Self.read([:]).headers
        == ["Content-Type: application/json", "User-Agent: swiftlet", "Expect:"])
    let headers = try Self.read([
      "post_headers": ["content-type": "text/plain", "X-A": "b c", "X-Empty": " "]
    ]).headers
    #expect(
      headers
        == ["User-Agent: swiftlet", "content-type: text/plain", "X-A: b c", "X-Empty;", "Expect:"])
  }

  @Test(arguments: [
    "host", "Content-Length", "TRANSFER-ENCODING", "Connection", "Upgrade", "Expect", "TE",
  ])
  func headerThatIsNotTheClients(name: String) {
    #expect(
      Self.complaint(["post_headers": .map(.init(name, "x"))])
        == "post_headers may not set \(name).")
  }

  @Test(arguments: ["", "a b", "a:b", "a\r\nb", "é", "a\u{0}"])
  func nameThatIsNone(name: String) {
    #expect(
      Self.complaint(["post_headers": .map(.init(name, "x"))])
        == "post_headers: a name is not one of HTTP's.")
  }

  @Test(arguments: ["a\r\nHost: b", "a\nb", "\u{0}", "a\u{7f}"])
  func valueWithControlCharacters(value: String) {
    #expect(
      Self.complaint(["post_headers": .map(.init("X", .string(value)))])
        == "post_headers: the value of X has control characters.")
  }

  @Test func headersOfTheWrongTypeOrTooMany() {
    #expect(Self.complaint(["post_headers": "x"]) == "post_headers must be a dict.")
    #expect(Self.complaint(["post_headers": ["X": 1]]) == "post_headers must be strings.")
    let tooMany =
      "post_headers may not be more than \(PostOptions.maxHeaders), nor larger than "
      + "\(PostOptions.maxHeaderSize) bytes together."
    var map = Value.Map()
    for number in 0..<PostOptions.maxHeaders { map.set("X-\(number)", "y") }
    #expect(Self.complaint(["post_headers": .map(map)]) == nil)
    map.set("X-more", "y")
    #expect(Self.complaint(["post_headers": .map(map)]) == tooMany)
    let large = String(repeating: "y", count: PostOptions.maxHeaderSize)
    #expect(Self.complaint(["post_headers": .map(.init("X", .string(large)))]) == tooMany)
    #expect(Self.complaint(["post_headers": nil, "post_data": nil]) == nil)
  }

  @Test(arguments: [
    ("", ""), ("x", "x"), (#""$zaqar_message$""#, "M"),
    (#"{"a": "$zaqar_message$", "b": "$zaqar_message$"}"#, #"{"a": M, "b": M}"#),
    ("$zaqar_message$", "$zaqar_message$"),
  ])
  func templateHoldsTheMessage(template: String, body: String) throws {
    let options = try Self.read(["post_data": .string(template)])
    #expect(options.body(Array("M".utf8)) == Array(body.utf8))
  }

  @Test func templateIsBounded() {
    let place = #""$zaqar_message$""#
    #expect(Self.complaint(["post_data": 1]) == "post_data must be a string.")
    #expect(Self.complaint(["post_data": .string(String(repeating: place, count: 8))]) == nil)
    #expect(
      Self.complaint(["post_data": .string(String(repeating: place, count: 9))])
        == "post_data may not hold the message more than 8 times.")
    let large = String(repeating: "x", count: PostOptions.maxTemplateSize + 1)
    #expect(
      Self.complaint(["post_data": .string(large)])
        == "post_data may not be larger than 65536 bytes.")
  }
}

extension Value.Map {
  fileprivate init(_ key: String, _ value: Value) {
    self.init()
    set(key, value)
  }
}
