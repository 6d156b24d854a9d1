// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// Why a request that needs a credential was refused: the `reason` label of
/// `swiftlet_credentials_refused_total`.
public enum CredentialFailure: String, Error, CaseIterable, Sendable {
  case missing
  /// Not in the form of what it is to be.
  case malformed
  /// No token of the token file, and not made with any of the keys.
  case unknown
  /// A token's, of a key that is known.
  case signature
  case expired
  case notYet = "not_yet"
  /// For somebody else.
  case audience
  /// Names no project.
  case project
  /// Of a signed URL that is another's, or that nobody signed.
  case urlSignature = "url_signature"
  /// A signed URL that does not cover the method.
  case method

  var sentence: String {
    switch self {
    case .missing: "This needs a token: by Authorization, a subprotocol or a query parameter."
    case .malformed: "The credential is malformed."
    case .unknown: "The token is not known."
    case .signature: "The token's signature is not right."
    case .expired: "The credential has expired."
    case .notYet: "The token does not hold yet."
    case .audience: "The token is for another audience."
    case .project: "The token names no project."
    case .urlSignature: "The URL's signature is not right."
    case .method: "The signature does not cover this method."
    }
  }
}

/// How often credentials were refused, by reason. Counted at handshakes, never for messages.
final class CredentialCounts: Sendable {
  private let counts = Locked<[CredentialFailure: Int]>([:])

  func add(_ failure: CredentialFailure) { counts.withLock { $0[failure, default: 0] += 1 } }

  func register(in metrics: Metrics) {
    metrics.add { [self] in
      let counts = counts.withLock { $0 }
      return [
        MetricFamily(
          .counter, "swiftlet_credentials_refused_total",
          "Requests refused for what they prove, by reason.", by: "reason",
          CredentialFailure.allCases.map { ($0.rawValue, Double(counts[$0] ?? 0)) })
      ]
    }
  }
}
