// SPDX-License-Identifier: Apache-2.0

#if !JWT
  package import SwiftletServer

  /// A build without the package trait JWT has no keys for tokens.
  public struct JWTKeys: Sendable {
    public init(parsing json: [UInt8], audience: String?) throws(KeyFileError) {
      throw KeyFileError("this build takes no JSON Web Tokens: build it with the package trait JWT")
    }

    static func mayBeToken(_ text: String) -> Bool { false }

    package func verify(_ token: String, at now: Int64) async throws(CredentialFailure) -> Grant {
      throw .unknown
    }
  }
#endif
