// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletPerf

struct TargetTests {
  private static let known: [(String, Target.Transport, Bool, UInt16)] = [
    ("ws://h/p", .ws, false, 80), ("wss://h/p", .ws, true, 443), ("WSS://h:1/p", .ws, true, 1),
    ("http://h/p", .http, false, 80), ("https://h/p", .http, true, 443),
    ("HTTPS://h:2/p", .http, true, 2), ("tcp://h:3/p", .tcp, false, 3),
  ]

  @Test(arguments: known)
  func schemesAreKnown(
    _ url: String, _ transport: Target.Transport, _ isSecure: Bool, _ port: UInt16
  ) throws {
    let target = try Target(url)
    #expect(target.transport == transport)
    #expect(target.location.isSecure == isSecure && target.location.port == port)
    #expect(target.location.host == "h" && target.location.target == "/p")
  }

  @Test(arguments: ["ftp://h/", "h/", "", "tls://h/", "http:h"])
  func othersAreNot(_ url: String) {
    #expect(throws: (any Error).self) { try Target(url) }
  }
}
