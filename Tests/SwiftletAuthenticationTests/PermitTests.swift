// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletAuthentication

@Suite struct PermitTests {
  /// One of these was given out by the server this one stands in for.
  @Test(arguments: [
    (
      "s3cr3t", ["/v2/queues/cq/messages"], ["GET", "POST"], "2026-11-21T23:19:24",
      "670b999d35984a729daaaead76a71c4a6bfa85c7ee03c7055afcfd26f1735e51"
    ),
    (
      "secret", ["/v2/queues/myqueue/messages", "/v2/queues/myqueue/claims"],
      ["POST", "DELETE", "GET"], "2035-08-05T17:16:33.25+02:00",
      "f8298441055362bfcc6b4e68db4ea6912c59770bc4bf712df1811229cebe516e"
    ),
  ])
  func signature(
    key: String, paths: [String], methods: [String], expires: String, signature: String
  ) throws {
    let key = try #require(SigningKey(Array(key.utf8)))
    let end = try #require(UTCTime(iso8601: expires))
    let permit = Permit(paths: paths, methods: methods, project: "superproject", expires: end)
    #expect(String(decoding: key.signature(of: permit.text), as: UTF8.self) == signature)
    #expect(key.hasSigned(permit.text, as: signature))
    for wrong in [signature.uppercased(), "", String(signature.dropLast()), signature + "0"] {
      #expect(!key.hasSigned(permit.text, as: wrong))
    }
  }

  @Test func urlHoldsThePermit() throws {
    let key = try #require(SigningKey(Array("s3cr3t".utf8)))
    var permit = Permit(
      paths: ["/topics/news"], methods: ["GET", "POST"], project: "a b&c",
      expires: UTCTime(seconds: 0))
    let signature = String(decoding: key.signature(of: permit.text), as: UTF8.self)
    #expect(
      permit.url(signedBy: key)
        == "/topics/news?project=a%20b%26c&methods=GET,POST&expires=1970-01-01T00:00:00"
        + "&signature=\(signature)")
    for paths in [[], ["/a", "/b"], ["a"], ["/a,/b"], ["/a?b"], ["/a b"], ["/a%20b"]] {
      permit.paths = paths
      #expect(permit.url(signedBy: key) == nil)
    }
  }

  @Test func emptySecretIsNoKey() { #expect(SigningKey([]) == nil) }
}
