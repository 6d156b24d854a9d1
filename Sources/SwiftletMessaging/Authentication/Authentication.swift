// SPDX-License-Identifier: Apache-2.0

/// How clients prove who they are. A service without this serves everyone.
public struct Authentication: Sendable {
  public var tokens: Tokens
  /// What requests are signed with that need no token; nil when there are none.
  public var signingKey: SigningKey?

  public init(tokens: Tokens = Tokens(), signingKey: SigningKey? = nil) {
    self.tokens = tokens
    self.signingKey = signingKey
  }
}

/// What a token is good for.
public struct Grant: Sendable, Hashable {
  public var project: String
  /// nil when it never ends.
  public var expires: Milliseconds?

  public init(project: String, expires: Milliseconds? = nil) {
    self.project = project
    self.expires = expires
  }

  func isGood(at now: Milliseconds) -> Bool { expires.map { now < $0 } ?? true }
}

extension Action {
  /// What says nothing of any project is answered to everyone.
  var needsAuthentication: Bool {
    switch self {
    case .authenticate, .ping, .health: false
    default: true
    }
  }

  /// The method a signature must allow; nil for what cannot be asked for by signature.
  var signedMethod: String? {
    switch self {
    case .messageList, .messageGet, .messageGetMany: "GET"
    case .messagePost: "POST"
    case .messageDelete, .messageDeleteMany: "DELETE"
    case .subscriptionUpdate: "PUT"
    default: nil
    }
  }
}
