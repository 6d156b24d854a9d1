// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// The status code of a close frame (RFC 6455 §7.4). Any number is representable, as peers and
/// applications (3000–4999) have their own.
public struct CloseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// 1000: the purpose of the connection is fulfilled.
  public static let normal = CloseCode(rawValue: 1000)
  /// 1001: the server goes down, or the page was left.
  public static let goingAway = CloseCode(rawValue: 1001)
  /// 1002: the peer broke the protocol.
  public static let protocolError = CloseCode(rawValue: 1002)
  /// 1003: a kind of message the endpoint does not take.
  public static let unsupportedData = CloseCode(rawValue: 1003)
  /// 1005: the close frame had no code. Never sent.
  public static let noStatus = CloseCode(rawValue: 1005)
  /// 1006: the connection ended without a close frame. Never sent.
  public static let abnormal = CloseCode(rawValue: 1006)
  /// 1007: a message that does not match its kind, such as text that is not UTF-8.
  public static let invalidData = CloseCode(rawValue: 1007)
  /// 1008: a message against the endpoint's policy.
  public static let policyViolation = CloseCode(rawValue: 1008)
  /// 1009: a message that is too big.
  public static let messageTooBig = CloseCode(rawValue: 1009)
  /// 1010: the server did not negotiate an extension the client needs.
  public static let mandatoryExtension = CloseCode(rawValue: 1010)
  /// 1011: the endpoint failed.
  public static let internalError = CloseCode(rawValue: 1011)
  /// 1012: the service restarts (IANA registry).
  public static let serviceRestart = CloseCode(rawValue: 1012)
  /// 1013: try again later, as the server is overloaded (IANA registry).
  public static let tryAgainLater = CloseCode(rawValue: 1013)

  /// Whether an endpoint may put the code in a close frame: 1000–1003, 1007–1014, 3000–4999.
  public var maySend: Bool { swl_close_code_valid(rawValue) }

  /// The number in decimal.
  public var description: String { String(rawValue) }
}
