// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// What a signature allows whoever has it to do without a token: a pre-signed URL.
public struct Permit: Sendable, Hashable {
  /// Such as `/topics/news` or `/v2/queues/QUEUE/messages`.
  public var paths: [String]
  /// HTTP's methods.
  public var methods: [String]
  public var project: String
  public var expires: UTCTime

  public init(paths: [String], methods: [String], project: String, expires: UTCTime) {
    self.paths = paths
    self.methods = methods
    self.project = project
    self.expires = expires
  }

  /// What is signed. The separator is a backslash and an n, not a line feed.
  public var text: String {
    [Permit.join(paths), Permit.join(methods), project, expires.text].joined(separator: #"\n"#)
  }

  private static func join(_ texts: [String]) -> String {
    texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ",")
  }

  /// The path and query of a URL that has the permit with it; nil when it is not for one path that can be in a
  /// URL as it is.
  public func url(signedBy key: SigningKey) -> String? {
    guard paths.count == 1, paths[0].hasPrefix("/"),
      paths[0].utf8.allSatisfy({ Permit.isPlain($0) || $0 == UInt8(ascii: "/") })
    else { return nil }
    let signature = String(decoding: key.signature(of: text), as: UTF8.self)
    return paths[0] + "?project=\(Permit.encode(project))&methods=\(Permit.encode(methods))"
      + "&expires=\(expires.text)&signature=\(signature)"
  }

  private static func encode(_ methods: [String]) -> String {
    methods.map { encode($0) }.joined(separator: ",")
  }

  private static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    let bytes = text.utf8.flatMap { byte in
      isPlain(byte)
        ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xf)]]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Unreserved by RFC 3986 §2.3.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}

extension SigningKey {
  /// What a permit for a URL lets in.
  func check(
    _ permit: Permit, signature: String, method: String, at now: Int64
  ) throws(CredentialFailure) -> Grant {
    guard hasSigned(permit.text, as: signature) else { throw .urlSignature }
    let expires = permit.expires.seconds * 1000
    guard now < expires else { throw .expired }
    guard permit.methods.contains(method) || (method == "HEAD" && permit.methods.contains("GET"))
    else { throw .method }
    return Grant(project: permit.project, expires: expires)
  }
}
