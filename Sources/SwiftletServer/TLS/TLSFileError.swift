// SPDX-License-Identifier: Apache-2.0

import CTLS

/// What is wrong with a file of certificates or with a key's, as a sentence for people.
public enum TLSFileError: Error, Sendable, CustomStringConvertible {
  /// A file cannot be read: the errno.
  case unreadable(file: String, Int32)
  /// There is no certificate in PEM form in it, or a damaged one: what OpenSSL says.
  case noCertificate(file: String, String)
  case noKey(file: String, String)
  /// The key has a password.
  case encryptedKey(file: String)
  /// The key belongs to another certificate.
  case otherKey(file: String, certificate: String)
  /// The certificate is not valid any more, or not yet, and the time that counts.
  case expired(certificate: String, String)
  case notYetValid(certificate: String, String)
  /// OpenSSL does not take what is in it, and says why: a key that is too short, say.
  case unusable(certificate: String, String)

  init(_ problem: tls_problem, certificate: String, key: String) {
    let detail = withUnsafeBytes(of: problem.detail) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    self =
      switch problem.kind {
      case TLS_PROBLEM_CERTIFICATE_UNREADABLE: .unreadable(file: certificate, problem.error)
      case TLS_PROBLEM_KEY_UNREADABLE: .unreadable(file: key, problem.error)
      case TLS_PROBLEM_CERTIFICATE_MALFORMED: .noCertificate(file: certificate, detail)
      case TLS_PROBLEM_KEY_MALFORMED: .noKey(file: key, detail)
      case TLS_PROBLEM_KEY_ENCRYPTED: .encryptedKey(file: key)
      case TLS_PROBLEM_KEY_MISMATCH: .otherKey(file: key, certificate: certificate)
      case TLS_PROBLEM_EXPIRED: .expired(certificate: certificate, detail)
      case TLS_PROBLEM_NOT_YET_VALID: .notYetValid(certificate: certificate, detail)
      default: .unusable(certificate: certificate, detail)
      }
  }

  public var description: String {
    switch self {
    case .unreadable(let file, let error):
      "cannot read \"\(file)\": \(describe(error)); check the path and who may read it"
    case .noCertificate(let file, let reason):
      "there is no usable certificate in \"\(file)\" (\(reason)); a PEM file is needed, the server's own "
        + "certificate first"
    case .noKey(let file, let reason):
      "there is no usable private key in \"\(file)\" (\(reason)); a PEM file is needed"
    case .encryptedKey(let file):
      "the key in \"\(file)\" is encrypted; decrypt it (openssl pkey -in KEY -out FILE) and guard the "
        + "file by its permissions"
    case .otherKey(let file, let certificate):
      "the key in \"\(file)\" is not that of the first certificate in \"\(certificate)\"; give each "
        + "certificate its own"
    case .expired(let certificate, let time):
      "the certificate in \"\(certificate)\" expired on \(time); have it renewed"
    case .notYetValid(let certificate, let time):
      "the certificate in \"\(certificate)\" is valid from \(time) on; check the clock"
    case .unusable(let certificate, let reason):
      "the certificate in \"\(certificate)\", or its key, cannot be used: \(reason)"
    }
  }
}
