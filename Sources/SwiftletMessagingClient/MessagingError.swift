// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore
import SwiftletMessaging

/// The server's refusal of a request.
public struct RequestError: Error, Sendable, Hashable, CustomStringConvertible {
  public var action: String
  /// A number as HTTP's, 400 or more.
  public var status: Int
  /// The detail, where an action failed.
  public var exception: String?
  /// A sentence about it, where there is one.
  public var error: String?

  init(_ action: String, _ status: Int, _ body: Value) {
    self.action = action
    self.status = status
    switch body {
    case .map(let map):
      if case .string(let text)? = map["exception"] { exception = text }
      if case .string(let text)? = map["error"] { error = text }
    case .string(let text): error = text
    default: break
    }
  }

  public var description: String {
    let reasons = [exception, error].compactMap { $0 }
    return (["\(action) was refused with status \(status)"] + reasons).joined(separator: ": ")
  }
}

/// What a ``MessagingClient`` met that was no refusal.
public enum MessagingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The connection ended before the answer came: what was asked for may have been done, or not.
  case disconnected(CloseCode, reason: String)
  /// The client has been closed.
  case closed
  /// The server said something that is no part of the protocol.
  case unexpected(String)
  /// The notifications of a pattern came faster than they were taken; the subscription has ended. Nothing
  /// is lost but what came after its last notification.
  case bufferFull
  /// Only a notification that came with a claim can be acknowledged or released.
  case notClaimed

  public var description: String {
    switch self {
    case .disconnected(let code, let reason):
      "the connection ended with \(code)\(reason.isEmpty ? "" : " (\(reason))") before the answer"
    case .closed: "the messaging client has been closed; make a new one"
    case .unexpected(let what): "the server does not speak the protocol: \(what)"
    case .bufferFull:
      "notifications came faster than they were taken; subscribe again after the last one, with a "
        + "larger buffer"
    case .notClaimed: "the notification has no claim; subscribe with acknowledges set"
    }
  }
}
