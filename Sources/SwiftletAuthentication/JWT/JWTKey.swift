// SPDX-License-Identifier: Apache-2.0

#if JWT
  import Foundation
  import JWTKit

  /// One key of a set, checked when the set is read.
  struct JWTKey: Sendable {
    private enum Material: Sendable {
      case hmac(HMACKey)
      case rsa(Insecure.RSA.PublicKey)
      case ecdsa(ES256PublicKey)
      case eddsa(EdDSA.PublicKey)
    }

    private let material: Material
    /// `kid`; a token that names one is checked with that key alone.
    let identifier: String?

    /// The `alg` a token must have.
    var algorithm: String {
      switch material {
      case .hmac: "HS256"
      case .rsa: "RS256"
      case .ecdsa: "ES256"
      case .eddsa: "EdDSA"
      }
    }

    init(_ key: JWK) throws(KeyFileError) {
      identifier = key.kid
      if let use = key.use, use != "sig" { throw KeyFileError("is not for signatures") }
      do {
        switch (key.kty, key.crv) {
        case ("oct", nil):
          // RFC 7518 §3.2: at least as long as the hash.
          guard let secret = key.k.flatMap({ Data(base64URL: $0[...]) }), secret.count >= 32 else {
            throw KeyFileError("has no secret \"k\" of at least 32 bytes")
          }
          material = .hmac(HMACKey(from: secret))
        case ("RSA", nil):
          material = .rsa(
            try Insecure.RSA.PublicKey(modulus: key.n ?? "", exponent: key.e ?? ""))
        case ("EC", "P-256"):
          material = .ecdsa(try ES256PublicKey(parameters: (key.x ?? "", key.y ?? "")))
        case ("OKP", "Ed25519"):
          material = .eddsa(try EdDSA.PublicKey(x: key.x ?? "", curve: .ed25519))
        default: throw KeyFileError("is none of oct, RSA, EC (P-256) and OKP (Ed25519)")
        }
      } catch let error as KeyFileError {
        throw error
      } catch {
        throw KeyFileError("is no good \(key.kty) key; one of RSA has 2048 bits or more")
      }
      if let name = key.alg, name != algorithm {
        throw KeyFileError("is for \(name); such keys are for \(algorithm) here")
      }
    }

    /// It alone, so that a token cannot choose another.
    var collection: JWTKeyCollection {
      get async {
        let collection = JWTKeyCollection()
        switch material {
        case .hmac(let key): return await collection.add(hmac: key, digestAlgorithm: .sha256)
        case .rsa(let key): return await collection.add(rsa: key, digestAlgorithm: .sha256)
        case .ecdsa(let key): return await collection.add(ecdsa: key)
        case .eddsa(let key): return await collection.add(eddsa: key)
        }
      }
    }
  }

  /// As a file has keys (RFC 7517 §5).
  struct JWKSet: Decodable {
    var keys: [JWK]
  }

  /// What is read of a key; a private part is not.
  struct JWK: Decodable {
    var kty: String
    var kid: String?
    var alg: String?
    var use: String?
    var crv: String?
    /// In base64url: the secret of oct, modulus and exponent of RSA, and the point of EC and OKP.
    var k, n, e, x, y: String?
  }
#endif
