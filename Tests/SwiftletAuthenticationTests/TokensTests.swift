// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Testing

@testable import SwiftletAuthentication

@Suite struct TokensTests {
  @Test func linesAreRead() throws {
    // The second is sha256 of "hello".
    let tokens = try Tokens(
      parsing: """
        # who may do what

        plain\t project-1
        sha256:2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824 p2 2030-01-31T12:00:00+02:00
          indented  p3 2030-01-31T12:00:00.9Z # until then
        with#sign p#4\r
        #commented out\r
        """)
    #expect(try tokens.check("plain", at: 0) == Grant(project: "project-1"))
    let two = try tokens.check("hello", at: 0)
    #expect(two == Grant(project: "p2", expires: 1_896_084_000_000))
    #expect(try tokens.check("hello", at: 1_896_083_999_999) != nil)
    #expect(throws: CredentialFailure.expired) {
      try tokens.check("hello", at: 1_896_084_000_000)
    }
    #expect(try tokens.check("indented", at: 0)?.expires == 1_896_091_200_000)
    #expect(try tokens.check("with#sign", at: 0) == Grant(project: "p#4"))
    for absent in ["", "#", "#commented", "sha256:2cf2", "plain ", "project-1"] {
      #expect(try tokens.check(absent, at: 0) == nil)
    }
    #expect(try Tokens().check("", at: 0) == nil)
  }

  static let wrong: [(String, String)] = [
    ("a p\nb", "line 2 is not TOKEN PROJECT [EXPIRES]"),
    ("a p 2030-01-31T12:00:00Z x", "line 1 is not TOKEN PROJECT [EXPIRES]"),
    (
      "\n\r\na p tomorrow", "line 3 does not end in a time of RFC 3339 such as 2030-01-31T12:00:00Z"
    ),
    (
      "a p 2030-01-31T12:00:00",
      "line 1 does not end in a time of RFC 3339 such as 2030-01-31T12:00:00Z"
    ),
    ("sha256:12 p", "line 1 has no 64 hexadecimal digits after sha256:"),
    (
      "sha256:" + String(repeating: "0", count: 63) + "g p",
      "line 1 has no 64 hexadecimal digits after sha256:"
    ),
    (
      "sha256:" + String(repeating: "０", count: 64) + " p",
      "line 1 has no 64 hexadecimal digits after sha256:"
    ),
    (
      "hello p\nx p\nsha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 q",
      "line 3 has the token of line 1"
    ),
    ("", "there is no token in it"), ("# nothing\n", "there is no token in it"),
  ]

  @Test func expiredIsToldFromUnknown() throws {
    let tokens = try Tokens(parsing: "token p 2030-01-31T12:00:00Z")
    #expect(throws: CredentialFailure.expired) { try tokens.check("token", at: .max) }
    #expect(try tokens.check("other", at: .max) == nil)
    #expect(try tokens.check("token", at: 0)?.project == "p")
  }

  @Test(arguments: wrong)
  func whatIsWrongIsSaid(text: String, complaint: String) throws {
    let error = #expect(throws: TokenFileError.self) { _ = try Tokens(parsing: text) }
    #expect(error?.description == complaint)
  }
}
