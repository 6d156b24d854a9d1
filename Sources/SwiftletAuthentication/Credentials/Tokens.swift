// SPDX-License-Identifier: Apache-2.0

import COpenSSL
public import SwiftletServer

/// The tokens of a token file. None is kept in clear.
public struct Tokens: Sendable {
  private var grants: [Digest: Grant] = [:]

  /// None.
  public init() {}

  /// Reads a token file: a line a token, `TOKEN PROJECT [EXPIRES]` with blanks between, where TOKEN is
  /// in clear or `sha256:` and its hash in hexadecimal, and EXPIRES is a time of RFC 3339. Empty lines,
  /// and what follows a `#` at the beginning of a line or after a blank, are comments.
  /// - Parameter mayBeEmpty: Whether there may be no token in it, so that nobody comes in by one.
  public init(parsing text: String, mayBeEmpty: Bool = false) throws(TokenFileError) {
    var lines: [Digest: Int] = [:]
    let all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in all.enumerated() {
      let number = index + 1
      let fields = line.split { $0 == " " || $0 == "\t" }.prefix { !$0.hasPrefix("#") }
      if fields.isEmpty { continue }
      guard fields.count == 2 || fields.count == 3 else {
        throw TokenFileError(line: number, "is not TOKEN PROJECT [EXPIRES]")
      }
      let digest = try Tokens.digest(ofField: fields[0], line: number)
      var grant = Grant(project: String(fields[1]))
      if fields.count == 3 {
        guard let time = UTCTime(rfc3339: String(fields[2])) else {
          throw TokenFileError(
            line: number, "does not end in a time of RFC 3339 such as 2030-01-31T12:00:00Z")
        }
        grant.expires = time.seconds * 1000
      }
      if let earlier = lines.updateValue(number, forKey: digest) {
        throw TokenFileError(line: number, "has the token of line \(earlier)")
      }
      grants[digest] = grant
    }
    if grants.isEmpty && !mayBeEmpty { throw TokenFileError("there is no token in it") }
  }

  private static func digest(
    ofField field: Substring, line: Int
  ) throws(TokenFileError) -> Digest {
    let prefix = "sha256:"
    guard field.hasPrefix(prefix) else { return Digest(of: String(field)) }
    guard let digest = Digest(hexadecimal: field.dropFirst(prefix.count)) else {
      throw TokenFileError(line: line, "has no 64 hexadecimal digits after sha256:")
    }
    return digest
  }

  /// What a token is good for at a time, in milliseconds since 1970; nil when it is unknown.
  ///
  /// Looked up by its hash, so the time this takes says nothing of the tokens there are.
  public func check(_ token: String, at now: Int64) throws(CredentialFailure) -> Grant? {
    guard let grant = grants[Digest(of: token)] else { return nil }
    guard grant.isGood(at: now) else { throw .expired }
    return grant
  }

  /// SHA-256.
  private struct Digest: Hashable {
    var bytes: [UInt8]

    init(of token: String) {
      bytes = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { digest, count in
        var token = token
        token.withUTF8 { _ = SHA256($0.baseAddress, $0.count, digest.baseAddress) }
        count = digest.count
      }
    }

    init?(hexadecimal text: Substring) {
      guard text.utf8.count == 2 * Int(SHA256_DIGEST_LENGTH) else { return nil }
      bytes = []
      var digits = text.makeIterator()
      while let high = digits.next()?.hexDigitValue, let low = digits.next()?.hexDigitValue {
        bytes.append(UInt8(high << 4 | low))
      }
      guard bytes.count == Int(SHA256_DIGEST_LENGTH) else { return nil }
    }
  }
}

/// What is wrong with a token file, without any of its tokens.
public struct TokenFileError: Error, CustomStringConvertible {
  public var description: String

  fileprivate init(_ description: String) { self.description = description }

  fileprivate init(line: Int, _ complaint: String) { self.init("line \(line) \(complaint)") }
}
