// SPDX-License-Identifier: Apache-2.0

/// A URL of the form `ws://HOST[:PORT][/PATH][?QUERY]` or `wss://...` (RFC 6455 §3), taken apart.
package struct WebSocketURL {
  /// Whether TLS is spoken.
  package let isSecure: Bool
  /// A name or address, an IPv6 one without its brackets.
  package let host: String
  package let port: UInt16
  /// The value of the field Host.
  package let authority: String
  /// Path and query as they are sent.
  package let target: String

  /// Names the server in sentences.
  package var server: String { "\(isSecure ? "wss" : "ws")://\(bracketed):\(port)" }

  private var bracketed: String { host.contains(":") ? "[\(host)]" : host }

  package init(_ text: String) throws(ConnectError) {
    // Not quoted in errors: it may hold a secret.
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .url("a URL is written in visible ASCII characters; percent-encode all others")
    }
    guard let (scheme, rest) = text.split("://") else {
      throw .url("a WebSocket URL begins with ws:// or wss://")
    }
    switch scheme.lowercased() {
    case "ws": isSecure = false
    case "wss": isSecure = true
    default: throw .url("a WebSocket URL begins with ws:// or wss://, not \(scheme)://")
    }
    guard !rest.contains("#") else {
      throw .url("a WebSocket URL has no fragment: leave out the #")
    }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let usual: UInt16 = isSecure ? 443 : 80
    let (host, port) = try WebSocketURL.endpoint(rest[..<end], usualPort: usual)
    self.host = host
    self.port = port
    target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
    let name = host.contains(":") ? "[\(host)]" : host
    authority = port == usual ? name : "\(name):\(port)"
  }

  private static func endpoint(
    _ authority: Substring, usualPort: UInt16
  ) throws(ConnectError) -> (host: String, port: UInt16) {
    guard !authority.contains("@") else {
      throw .url("a WebSocket URL has no user: give credentials in the field Authorization")
    }
    var host = authority
    var port: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else {
        throw .url("an IPv6 address in a URL ends with ]")
      }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else {
        throw .url("after an IPv6 address in a URL comes :PORT or the path")
      }
      if !rest.isEmpty { port = rest.dropFirst() }
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      port = authority[authority.index(after: colon)...]
    }
    guard !host.isEmpty else { throw .url("a WebSocket URL names a host: ws://HOST/PATH") }
    guard let port else { return (String(host), usualPort) }
    guard let number = UInt16(port), number > 0, !port.hasPrefix("+") else {
      throw .url("a port in a URL is a number from 1 to 65535")
    }
    return (String(host), number)
  }
}

extension String {
  /// What lies before and behind the first `separator`.
  fileprivate func split(_ separator: String) -> (Substring, Substring)? {
    guard let range = firstRange(of: separator) else { return nil }
    return (self[..<range.lowerBound], self[range.upperBound...])
  }
}
