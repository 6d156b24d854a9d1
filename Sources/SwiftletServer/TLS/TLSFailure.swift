// SPDX-License-Identifier: Apache-2.0

import CTLS

/// Why a TLS handshake failed.
public enum TLSFailure: Error, Sendable, Hashable {
  /// The peer does not speak TLS.
  case notTLS
  /// No version, cipher or application protocol that both speak: what OpenSSL says.
  case nothingInCommon(String)
  /// The peer refused, by an alert: its name.
  case alert(String)
  /// The peer ended the connection.
  case ended
  /// The server did not prove to be the one that is meant.
  case certificate(CertificateFault)
  case other(String)

  /// What is wrong with a server's certificate.
  public enum CertificateFault: Sendable, Hashable {
    case expired
    case notYetValid
    /// It vouches for itself, and nobody else does.
    case selfSigned
    /// It was issued by an authority that is not trusted, or one between is missing.
    case unknownIssuer
    /// It is another host's.
    case wrongHost
    case other(String)
  }

  /// Of a session whose handshake failed.
  init(_ session: OpaquePointer) {
    let reason = String(cString: tls_failure_reason(session))
    self =
      switch tls_failure(session) {
      case TLS_FAILURE_HTTP, TLS_FAILURE_NOT_TLS: .notTLS
      case TLS_FAILURE_NO_COMMON: .nothingInCommon(reason)
      case TLS_FAILURE_ALERT: .alert(reason)
      case TLS_FAILURE_ENDED: .ended
      case TLS_FAILURE_CERTIFICATE: .certificate(CertificateFault(session, reason))
      default: .other(reason)
      }
  }
}

extension TLSFailure.CertificateFault {
  fileprivate init(_ session: OpaquePointer, _ reason: String) {
    self =
      switch tls_verification(session) {
      case TLS_VERIFICATION_EXPIRED: .expired
      case TLS_VERIFICATION_NOT_YET_VALID: .notYetValid
      case TLS_VERIFICATION_SELF_SIGNED: .selfSigned
      case TLS_VERIFICATION_UNKNOWN_ISSUER: .unknownIssuer
      case TLS_VERIFICATION_WRONG_HOST: .wrongHost
      default: .other(reason)
      }
  }
}

extension TLSFailure {
  /// As a server counts them.
  enum Label: Int, CaseIterable {
    case plainHTTP, notTLS, nothingInCommon, alert, ended, timeout, other

    init(_ failure: tls_failure) {
      self =
        switch failure {
        case TLS_FAILURE_HTTP: .plainHTTP
        case TLS_FAILURE_NOT_TLS: .notTLS
        case TLS_FAILURE_NO_COMMON: .nothingInCommon
        case TLS_FAILURE_ALERT: .alert
        case TLS_FAILURE_ENDED: .ended
        default: .other
        }
    }

    /// As it stands in the metric's `reason` label.
    var text: String {
      switch self {
      case .plainHTTP: "plain_http"
      case .notTLS: "not_tls"
      case .nothingInCommon: "nothing_in_common"
      case .alert: "alert"
      case .ended: "ended"
      case .timeout: "timeout"
      case .other: "other"
      }
    }
  }
}
