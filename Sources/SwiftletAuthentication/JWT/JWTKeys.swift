// SPDX-License-Identifier: Apache-2.0

#if JWT
  import Foundation
  import JWTKit
  package import SwiftletServer

  /// The keys that JSON Web Tokens (RFC 7519) are checked with. Each is for one algorithm, which the key says and
  /// never the token.
  public struct JWTKeys: Sendable {
    /// Seconds that clocks may differ.
    static let leeway: Double = 30

    private let keys: [JWTKey]
    private let audience: String?

    /// Reads a JWK set (RFC 7517): keys of the types oct (HS256), RSA (RS256), EC (P-256, ES256) and OKP
    /// (Ed25519, EdDSA).
    /// - Parameter audience: What a token must name in `aud`. Without it, a token that names any is refused.
    public init(parsing json: [UInt8], audience: String?) throws(KeyFileError) {
      let set: JWKSet
      do {
        set = try JSONDecoder().decode(JWKSet.self, from: Data(json))
      } catch {
        throw KeyFileError("is not a JWK set: {\"keys\": [...]}")
      }
      if set.keys.isEmpty { throw KeyFileError("there is no key in it") }
      var keys: [JWTKey] = []
      for (index, key) in set.keys.enumerated() {
        do throws(KeyFileError) {
          keys.append(try JWTKey(key))
        } catch {
          throw KeyFileError("key \(index + 1) \(error.description)")
        }
      }
      self.keys = keys
      self.audience = audience
    }

    /// Whether it has the three parts of a token.
    static func mayBeToken(_ text: String) -> Bool {
      text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }

    /// What a token lets in, whose project is its claim `project`.
    package func verify(_ token: String, at now: Int64) async throws(CredentialFailure) -> Grant {
      guard let header = JWTHead(of: token) else { throw .malformed }
      let candidates = keys.filter { $0.fits(header) }
      if candidates.isEmpty { throw .unknown }
      for key in candidates {
        do {
          let claims = try await key.collection.verify(token, as: JWTClaims.self)
          return try claims.grant(audience: audience, at: now)
        } catch let failure as CredentialFailure {
          throw failure
        } catch let error as JWTError where error.errorType == .signatureVerificationFailed {
          continue
        } catch {
          throw .malformed
        }
      }
      throw .signature
    }
  }

  /// What a token says of itself before it is checked.
  private struct JWTHead: Decodable {
    var alg: String
    var kid: String?
    /// Extensions that must be understood; none are.
    var crit: [String]?

    init?(of token: String) {
      let part = token.prefix { $0 != "." }
      guard let bytes = Data(base64URL: part),
        let header = try? JSONDecoder().decode(JWTHead.self, from: bytes), header.crit == nil
      else { return nil }
      self = header
    }
  }

  extension JWTKey {
    fileprivate func fits(_ header: JWTHead) -> Bool {
      header.alg == algorithm && (header.kid == nil || header.kid == identifier)
    }
  }

  /// The claims of RFC 7519 §4.1 that are looked at, and ours.
  struct JWTClaims: JWTPayload {
    var exp: Double?
    var nbf: Double?
    var aud: Audience?
    var project: String?

    /// One or several.
    enum Audience: Codable {
      case names([String])

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
          self = .names([name])
        } else {
          self = .names(try container.decode([String].self))
        }
      }

      func encode(to encoder: any Encoder) throws {
        guard case .names(let names) = self else { return }
        try names.encode(to: encoder)
      }

      func names(_ audience: String?) -> Bool {
        guard case .names(let names) = self, let audience else { return false }
        return names.contains(audience)
      }
    }

    /// Nothing: see ``grant(audience:at:)``, which knows the time.
    func verify(using algorithm: some JWTAlgorithm) {}

    func grant(audience: String?, at now: Int64) throws(CredentialFailure) -> Grant {
      let seconds = Double(now) / 1000
      // A token without an end would be good for ever once it is lost.
      guard let exp, exp.isFinite, abs(exp) < 1e12 else { throw .malformed }
      guard seconds < exp + JWTKeys.leeway else { throw .expired }
      if let nbf, !(seconds >= nbf - JWTKeys.leeway) { throw .notYet }
      if audience != nil || aud != nil {
        guard aud?.names(audience) == true else { throw .audience }
      }
      guard let project, !project.isEmpty else { throw .project }
      return Grant(project: project, expires: Int64((exp + JWTKeys.leeway) * 1000))
    }
  }

  extension Data {
    /// RFC 4648 §5, without padding.
    init?(base64URL text: Substring) {
      var text = String(text).replacing("-", with: "+").replacing("_", with: "/")
      text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
      self.init(base64Encoded: text)
    }
  }
#endif
