// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// What a request proves itself with.
enum Credential: Sendable {
  case none
  case token(String)
  /// A pre-signed URL.
  case permit(Permit, signature: String)
  case malformed
}

extension Request {
  private static let bearerSubprotocol = "bearer."
  private static let tokenParameter = "access_token"

  /// Takes out what proves who sent it, so that nothing behind sees it, and a log least of all.
  mutating func takeCredential() -> Credential {
    var found: [Credential] = []
    found += takeFields("authorization").map(Request.bearer)
    let offers = list("Sec-WebSocket-Protocol").filter(Request.isBearer)
    if !offers.isEmpty {
      let size = Request.bearerSubprotocol.utf8.count
      found += offers.map { .token(String($0.dropFirst(size))) }
      _ = takeFields("sec-websocket-protocol")
    }
    found += takeParameters(Request.tokenParameter).map { .token($0) }
    if query.contains(where: { $0.name == "signature" }) { found.append(takePermit()) }
    // RFC 6750 §2: by one way only, or it would be anybody's guess which of them counts.
    return found.count > 1 ? .malformed : found.first ?? .none
  }

  /// What of the offered subprotocols an upgrade is answered with where one of them is a token: another, else
  /// the token's own, as browsers give up where none is chosen.
  var answeredSubprotocol: String? {
    let offers = list("Sec-WebSocket-Protocol")
    guard let token = offers.first(where: Request.isBearer) else { return nil }
    return String(offers.first { !Request.isBearer($0) } ?? token)
  }

  private static func isBearer(_ offer: Substring) -> Bool { offer.hasPrefix(bearerSubprotocol) }

  private static func bearer(_ authorization: String) -> Credential {
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", !parts[1].contains(" ") else {
      return .malformed
    }
    return .token(String(parts[1]))
  }

  /// The values of all fields of a name in lower case, which it loses.
  private mutating func takeFields(_ name: String) -> [String] {
    if field(name) == nil { return [] }
    let values = fields.filter { $0.name.lowercased() == name }.map(\.value)
    fields.removeAll { $0.name.lowercased() == name }
    return values
  }

  private mutating func takeParameters(_ name: String) -> [String] {
    let values = query.filter { $0.name == name }.map(\.value)
    if !values.isEmpty { query.removeAll { $0.name == name } }
    return values
  }

  private mutating func takePermit() -> Credential {
    let values = ["project", "methods", "expires", "signature"].map { takeParameters($0) }
    guard values.allSatisfy({ $0.count == 1 }), let expires = UTCTime(iso8601: values[2][0]),
      // It separates paths in what is signed.
      !path.contains(",")
    else { return .malformed }
    let permit = Permit(
      paths: [path], methods: values[1][0].split(separator: ",").map { String($0) },
      project: values[0][0], expires: expires)
    return .permit(permit, signature: values[3][0])
  }
}
