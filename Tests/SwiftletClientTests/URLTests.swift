// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletClient

@Suite struct URLTests {
  @Test(
    arguments: [
      ("ws://a", "a", 80, "a", "/"),
      ("WS://a:80/", "a", 80, "a", "/"),
      ("ws://a.example:9001/b/c?d=e&f", "a.example", 9001, "a.example:9001", "/b/c?d=e&f"),
      ("ws://127.0.0.1?q", "127.0.0.1", 80, "127.0.0.1", "/?q"),
      ("ws://a/?u=ws://b@c:1/", "a", 80, "a", "/?u=ws://b@c:1/"),
      ("wss://a/x", "a", 443, "a", "/x"),
      ("WSS://a:80/x", "a", 80, "a:80", "/x"),
      ("ws://[::1]/x", "::1", 80, "[::1]", "/x"),
      ("ws://[fe80::1]:65535", "fe80::1", 65535, "[fe80::1]:65535", "/"),
    ] as [(String, String, UInt16, String, String)])
  func partsAreTakenApart(
    text: String, host: String, port: UInt16, authority: String, target: String
  ) throws {
    let url = try WebSocketURL(text)
    #expect(url.host == host)
    #expect(url.port == port)
    #expect(url.authority == authority)
    #expect(url.target == target)
  }

  @Test(
    arguments: [
      ("", "begins with ws://"),
      ("a:80", "begins with ws://"),
      ("http://a/", "begins with ws:// or wss://, not http://"),
      ("ws://", "names a host"),
      ("ws:///x", "names a host"),
      ("ws://:80", "names a host"),
      ("ws://[]", "names a host"),
      ("ws://a:", "number from 1 to 65535"),
      ("ws://a:0", "number from 1 to 65535"),
      ("ws://a:+1", "number from 1 to 65535"),
      ("ws://a:65536", "number from 1 to 65535"),
      ("ws://a:b", "number from 1 to 65535"),
      ("ws://::1/", "names a host"),
      ("ws://[::1", "ends with ]"),
      ("ws://[::1]80", "after an IPv6 address"),
      ("ws://u:secret@a/", "no user"),
      ("ws://a/#b", "no fragment"),
      ("ws://a/b c", "percent-encode"),
      ("ws://ä/", "percent-encode"),
      ("ws://a/\0", "percent-encode"),
    ])
  func whatIsWrongIsSaidWithoutQuotingTheURL(text: String, sentence: String) throws {
    let error = try #require(throws: ConnectError.self) { _ = try WebSocketURL(text) }
    #expect("\(error)".contains(sentence))
    #expect(!"\(error)".contains("secret"))
    #expect(!error.isTransient)
  }
}
