// SPDX-License-Identifier: Apache-2.0

/// Why a connection or a request was turned away before it became a WebSocket or was answered: the `reason` label
/// of `swiftlet_handshake_failures_total`.
public enum HandshakeFailure: String, CaseIterable, Sendable {
  /// Not HTTP, not a complete WebSocket handshake, or a method or version not spoken here.
  case badRequest = "bad_request"
  case notFound = "not_found"
  /// The head or the body is larger than allowed.
  case tooLarge = "too_large"
  /// Not complete within the handshake deadline.
  case timeout
  /// The TLS handshake failed.
  case tls
  /// No credential, or none that is known and still holds.
  case authentication
  /// A credential that does not reach this far.
  case forbidden
  /// A page of an origin that may not come in.
  case origin
  /// As many connections are open as may be.
  case connections
  /// As many connections are open from one address as may be.
  case connectionsPerAddress = "connections_per_address"
  case draining
  case internalError = "internal_error"

  /// What a response's status says when nobody said more.
  init(_ status: Status) {
    self =
      switch status {
      case .unauthorized: .authentication
      case .forbidden: .forbidden
      case .notFound: .notFound
      case .requestTimeout: .timeout
      case .contentTooLarge, .uriTooLong, .requestHeaderFieldsTooLarge: .tooLarge
      case .tooManyRequests: .connectionsPerAddress
      case .serviceUnavailable: .draining
      case .internalServerError: .internalError
      case .ok, .accepted, .noContent, .notModified, .badRequest, .methodNotAllowed,
        .upgradeRequired, .versionNotSupported:
        .badRequest
      }
  }

  /// Its place among all cases, without a search.
  var index: Int {
    switch self {
    case .badRequest: 0
    case .notFound: 1
    case .tooLarge: 2
    case .timeout: 3
    case .tls: 4
    case .authentication: 5
    case .forbidden: 6
    case .origin: 7
    case .connections: 8
    case .connectionsPerAddress: 9
    case .draining: 10
    case .internalError: 11
    }
  }
}
