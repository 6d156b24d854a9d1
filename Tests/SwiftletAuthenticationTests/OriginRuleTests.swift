// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Testing

@testable import SwiftletAuthentication

@Suite struct OriginRuleTests {
  private func request(
    _ fields: (name: String, value: String)..., method: String = "GET"
  ) -> Request {
    Request(method: method, path: "/", fields: fields)
  }

  @Test(arguments: [
    "https://example.org", "http://localhost:8000", "https://[::1]:9001", "null",
    "chrome-extension://abcdef", "https://example.org:80",
  ])
  func origins(text: String) { #expect(OriginRule([text]) != nil) }

  @Test(arguments: [
    "", "example.org", "https://", "://x", "https://example.org/", "https://Example.org",
    "https://example.org:443", "http://example.org:80", "https://a@b", "https://a?b", "https://a b",
  ])
  func othersAreNone(text: String) { #expect(OriginRule([text]) == nil) }

  @Test func whoIsNoBrowserMayCome() throws {
    for rule in [.unchecked, .any, try #require(OriginRule(["https://a.example"]))] {
      #expect(rule.allows(request(("Host", "h"))))
    }
  }

  @Test func withoutARuleAnyMayConnect() {
    #expect(OriginRule.unchecked.allows(request(("Origin", "null"))))
    #expect(OriginRule.unchecked.responseFields(for: request(("Origin", "null"))).isEmpty)
  }

  @Test func preflightIsOfItsFields() throws {
    let rule = try #require(OriginRule(["https://a.example"]))
    let origin = (name: "Origin", value: "https://a.example")
    let asks = (name: "Access-Control-Request-Method", value: "POST")
    #expect(rule.preflight(request(origin, asks, method: "OPTIONS"))?.status == .noContent)
    #expect(rule.preflight(request(origin, asks)) == nil)
    #expect(rule.preflight(request(origin, method: "OPTIONS")) == nil)
    #expect(rule.preflight(request(asks, method: "OPTIONS")) == nil)
    #expect(OriginRule.unchecked.preflight(request(origin, asks, method: "OPTIONS")) == nil)
  }
}
