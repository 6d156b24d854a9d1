// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// From which pages browsers may connect. They say it themselves, in the field Origin (RFC 6455 §10.2, the Fetch
/// standard); who is no browser may come from anywhere.
public enum OriginRule: Sendable {
  /// All may connect, and none of another host may read what HTTP answers.
  case unchecked
  /// These, each as browsers send it: scheme, host, and port unless it is the scheme's own.
  case only(Set<String>)
  case any

  /// As options give them: `*` stands for any, and none at all for no check. Nil when one is no origin.
  public init?(_ origins: [String]) {
    if origins.isEmpty {
      self = .unchecked
    } else if origins.contains("*") {
      self = .any
    } else {
      guard origins.allSatisfy(OriginRule.isOrigin) else { return nil }
      self = .only(Set(origins))
    }
  }

  /// Whether a browser could send this: `null`, or a scheme and an authority in lower case, and no path.
  private static func isOrigin(_ text: String) -> Bool {
    if text == "null" { return true }
    guard let (scheme, authority) = parts(of: text), !scheme.isEmpty, !authority.isEmpty else {
      return false
    }
    return text == text.lowercased() && text.utf8.allSatisfy { 0x21...0x7e ~= $0 }
      && !authority.contains { "/?#@,".contains($0) }
      && withoutDefaultPort(authority, of: scheme) == authority
  }

  func allows(_ request: Request) -> Bool {
    guard let origin = request.field("Origin") else { return true }
    switch self {
    case .unchecked, .any: return true
    case .only(let origins): return origins.contains(origin)
    }
  }

  private static func parts(of origin: String) -> (scheme: Substring, authority: Substring)? {
    guard let mark = origin.firstRange(of: "://") else { return nil }
    return (origin[..<mark.lowerBound], origin[mark.upperBound...])
  }

  private static func withoutDefaultPort(
    _ authority: Substring, of scheme: Substring
  ) -> Substring {
    let port = scheme == "http" ? ":80" : scheme == "https" ? ":443" : ""
    return !port.isEmpty && authority.hasSuffix(port) ? authority.dropLast(port.count) : authority
  }

  // MARK: - CORS

  /// What lets a page of another origin read a response.
  func responseFields(for request: Request) -> [(name: String, value: String)] {
    switch self {
    case .unchecked: return []
    case .any:
      return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*")]
    case .only:
      // Caches must not give one origin's answer to another.
      let vary = [("Vary", "Origin")]
      guard let origin = request.field("Origin"), allows(request) else { return vary }
      return vary + [
        ("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", "*"),
      ]
    }
  }

  /// The answer to a browser that asks whether a page may send a request; nil when this is none.
  func preflight(_ request: Request) -> Response? {
    guard request.method == "OPTIONS", request.field("Origin") != nil,
      request.field("Access-Control-Request-Method") != nil, allows(request)
    else { return nil }
    if case .unchecked = self { return nil }
    let permissions = [
      ("Access-Control-Allow-Methods", "*"),
      // The wildcard does not stand for Authorization.
      ("Access-Control-Allow-Headers", "*, Authorization"), ("Access-Control-Max-Age", "600"),
    ]
    return Response(.noContent, fields: responseFields(for: request) + permissions, body: [])
  }
}
