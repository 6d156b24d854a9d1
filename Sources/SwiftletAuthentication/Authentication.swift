// SPDX-License-Identifier: Apache-2.0

package import SwiftletServer

/// How clients prove who they are. What it holds may be replaced while a server runs; who is in stays in.
public final class Authentication: Sendable {
  private struct Contents {
    var tokens: Tokens
    var signingKey: SigningKey?
    var jwtKeys: JWTKeys?
  }

  private let contents: Locked<Contents>

  public init(tokens: Tokens = Tokens(), signingKey: SigningKey? = nil, jwtKeys: JWTKeys? = nil) {
    contents = Locked(Contents(tokens: tokens, signingKey: signingKey, jwtKeys: jwtKeys))
  }

  public var tokens: Tokens {
    get { contents.withLock { $0.tokens } }
    set { contents.withLock { $0.tokens = newValue } }
  }

  /// What requests are signed with that need no token; nil when there are none.
  public var signingKey: SigningKey? {
    get { contents.withLock { $0.signingKey } }
    set { contents.withLock { $0.signingKey = newValue } }
  }

  /// What a token is checked with.
  package enum Check: Sendable {
    /// It has been: nil means that nobody knows it.
    case done(Grant?)
    /// It may be a JSON Web Token, and that takes a while.
    case jwt(JWTKeys)
  }

  /// Looks a token up, at a time in milliseconds since 1970.
  package func check(_ token: String, at now: Int64) throws(CredentialFailure) -> Check {
    if let grant = try tokens.check(token, at: now) { return .done(grant) }
    if let keys = jwtKeys, JWTKeys.mayBeToken(token) { return .jwt(keys) }
    return .done(nil)
  }

  public var jwtKeys: JWTKeys? {
    get { contents.withLock { $0.jwtKeys } }
    set { contents.withLock { $0.jwtKeys = newValue } }
  }
}
