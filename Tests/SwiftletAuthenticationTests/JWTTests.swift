// SPDX-License-Identifier: Apache-2.0

#if JWT
  import Foundation
  import JWTKit
  import SwiftletServer
  import Testing

  @testable import SwiftletAuthentication

  /// Tokens of keys made here, checked with what a JWK set says of these. RSA has its tests in Tests/e2e/access,
  /// where another library makes the tokens.
  @Suite struct JWTTests {
    /// Milliseconds.
    private static let now: Int64 = 2_000_000_000_000
    private static let secret = Array("a secret that has more than 32 bytes".utf8)

    private struct Claims: JWTPayload {
      var exp: Int64? = 60
      var nbf: Int64?
      var aud: [String]?
      var project: String? = "p"

      func verify(using algorithm: some JWTAlgorithm) {}

      /// As times are seconds from now here.
      var absolute: Claims {
        var claims = self
        claims.exp = exp.map { JWTTests.now / 1000 + $0 }
        claims.nbf = nbf.map { JWTTests.now / 1000 + $0 }
        return claims
      }
    }

    enum Algorithm: String, CaseIterable, Sendable { case hs256, es256, eddsa }

    /// What makes tokens, and what checks them.
    private static func pair(
      _ algorithm: Algorithm, audience: String? = nil
    ) async throws -> (maker: JWTKeyCollection, keys: JWTKeys) {
      let maker = JWTKeyCollection()
      let jwk: String
      switch algorithm {
      case .hs256:
        await maker.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        jwk = #"{"kty":"oct","k":"\#(base64URL(secret))"}"#
      case .es256:
        let key = ES256PrivateKey()
        await maker.add(ecdsa: key)
        let point = try #require(key.publicKey.parameters)
        jwk = #"{"kty":"EC","crv":"P-256","x":"\#(urlSafe(point.x))","y":"\#(urlSafe(point.y))"}"#
      case .eddsa:
        let key = try EdDSA.PrivateKey(curve: .ed25519)
        await maker.add(eddsa: key)
        let point = base64URL(key.publicKey.rawRepresentation)
        jwk = #"{"kty":"OKP","crv":"Ed25519","x":"\#(point)"}"#
      }
      return (maker, try JWTKeys(parsing: Array("{\"keys\":[\(jwk)]}".utf8), audience: audience))
    }

    private static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
      urlSafe(Data(bytes).base64EncodedString())
    }

    private static func urlSafe(_ text: String) -> String {
      text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func failure(
      _ claims: Claims, audience: String? = nil, at now: Int64 = now
    ) async throws -> CredentialFailure? {
      let (maker, keys) = try await Self.pair(.hs256, audience: audience)
      let token = try await maker.sign(claims.absolute)
      do throws(CredentialFailure) {
        _ = try await keys.verify(token, at: now)
        return nil
      } catch {
        return error
      }
    }

    @Test(arguments: Algorithm.allCases) func goodToken(algorithm: Algorithm) async throws {
      let (maker, keys) = try await Self.pair(algorithm)
      let grant = try await keys.verify(try await maker.sign(Claims().absolute), at: Self.now)
      #expect(grant == Grant(project: "p", expires: Self.now + 90_000))
    }

    @Test(arguments: Algorithm.allCases) func otherKeysToken(algorithm: Algorithm) async throws {
      let token: String
      if algorithm == .hs256 {
        let maker = await JWTKeyCollection()
          .add(hmac: HMACKey(from: Self.secret + [1]), digestAlgorithm: .sha256)
        token = try await maker.sign(Claims().absolute)
      } else {
        token = try await Self.pair(algorithm).maker.sign(Claims().absolute)
      }
      let keys = try await Self.pair(algorithm).keys
      await #expect(throws: CredentialFailure.signature) {
        try await keys.verify(token, at: Self.now)
      }
    }

    @Test(arguments: Algorithm.allCases) func changedToken(algorithm: Algorithm) async throws {
      let (maker, keys) = try await Self.pair(algorithm)
      let parts = try await maker.sign(Claims().absolute).split(separator: ".")
      let other = try JSONEncoder().encode(Claims(project: "other").absolute)
      let token = "\(parts[0]).\(Self.base64URL(other)).\(parts[2])"
      await #expect(throws: CredentialFailure.signature) {
        try await keys.verify(token, at: Self.now)
      }
    }

    /// Each algorithm's tokens with each other's keys.
    @Test(arguments: Algorithm.allCases, Algorithm.allCases)
    func keySaysTheAlgorithm(made: Algorithm, checked: Algorithm) async throws {
      if made == checked { return }
      let token = try await Self.pair(made).maker.sign(Claims().absolute)
      let keys = try await Self.pair(checked).keys
      await #expect(throws: CredentialFailure.unknown) {
        try await keys.verify(token, at: Self.now)
      }
    }

    @Test func noneIsNoAlgorithm() async throws {
      let maker = await JWTKeyCollection().addUnsecuredNone()
      let token = try await maker.sign(Claims().absolute)
      for algorithm in Algorithm.allCases {
        let keys = try await Self.pair(algorithm).keys
        await #expect(throws: CredentialFailure.unknown) {
          try await keys.verify(token, at: Self.now)
        }
      }
    }

    @Test func times() async throws {
      #expect(try await failure(Claims(exp: 0)) == nil)
      #expect(try await failure(Claims(exp: -29)) == nil)
      #expect(try await failure(Claims(exp: -30)) == .expired)
      #expect(try await failure(Claims(exp: nil)) == .malformed)
      #expect(try await failure(Claims(nbf: 30)) == nil)
      #expect(try await failure(Claims(nbf: 31)) == .notYet)
      #expect(try await failure(Claims(nbf: 31), at: Self.now + 1000) == nil)
    }

    @Test func audiences() async throws {
      #expect(try await failure(Claims(aud: ["a"]), audience: "a") == nil)
      #expect(try await failure(Claims(aud: ["b", "a"]), audience: "a") == nil)
      #expect(try await failure(Claims(aud: ["b"]), audience: "a") == .audience)
      #expect(try await failure(Claims(), audience: "a") == .audience)
      #expect(try await failure(Claims(aud: ["a"])) == .audience)
    }

    @Test func projects() async throws {
      #expect(try await failure(Claims(project: nil)) == .project)
      #expect(try await failure(Claims(project: "")) == .project)
    }

    @Test(arguments: ["..", "a.b.c", "e30.e30.", "bnVsbA.e30.x", "eyJhbGciOiJIUzI1NiJ9.e30"])
    func nonsense(token: String) async throws {
      let keys = try await Self.pair(.hs256).keys
      await #expect(throws: CredentialFailure.malformed) {
        try await keys.verify(token, at: Self.now)
      }
    }

    @Test func tokenHasTwoDots() {
      #expect(JWTKeys.mayBeToken("a.b.c") && !JWTKeys.mayBeToken("a.b") && !JWTKeys.mayBeToken(""))
    }
  }
#endif
