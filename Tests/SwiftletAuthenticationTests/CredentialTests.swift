// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Testing

@testable import SwiftletAuthentication

@Suite struct CredentialTests {
  private func take(
    fields: [(name: String, value: String)] = [], query: [(name: String, value: String)] = []
  ) -> (credential: String, rest: Request) {
    var request = Request(method: "GET", path: "/", query: query, fields: fields)
    let credential = request.takeCredential()
    return (String(describing: credential), request)
  }

  @Test func nothingOfItIsLeft() {
    let (credential, rest) = take(
      fields: [("Host", "h"), ("AUTHORIZATION", "Bearer x"), ("Accept", "*")])
    #expect(credential == #"token("x")"#)
    #expect(rest.fields.map(\.name) == ["Host", "Accept"])
    let (_, other) = take(query: [("after", "1"), ("access_token", "x"), ("rate", "2")])
    #expect(other.query.map(\.name) == ["after", "rate"])
    let permit = ["project", "methods", "expires", "signature"].map { (name: $0, value: "x") }
    #expect(take(query: permit + [("rate", "2")]).rest.query.map(\.name) == ["rate"])
    let (_, upgrade) = take(fields: [("sec-websocket-protocol", "chat, bearer.x")])
    #expect(upgrade.fields.isEmpty)
  }

  @Test func subprotocolsWithoutATokenStay() {
    let (credential, rest) = take(fields: [("Sec-WebSocket-Protocol", "chat")])
    #expect(credential == "none" && rest.fields.count == 1)
  }

  @Test func parametersThatOnlyLookLikeAPermitStay() {
    let (credential, rest) = take(query: [("project", "p"), ("expires", "x")])
    #expect(credential == "none" && rest.query.count == 2)
  }
}
