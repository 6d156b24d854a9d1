// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A secret that requests are signed with (HMAC-SHA-256).
public final class SigningKey: Sendable {
  /// Has the key set, and is copied for each text.
  nonisolated(unsafe) private let template: OpaquePointer

  private static let hashSize = 32

  /// - Parameter secret: The bytes of the key; nil is returned when there are none.
  public init?(_ secret: [UInt8]) {
    guard !secret.isEmpty, let mac = EVP_MAC_fetch(nil, "HMAC", nil),
      let context = EVP_MAC_CTX_new(mac)
    else { return nil }
    EVP_MAC_free(mac)
    template = context
    var name = Array("SHA256".utf8CString)
    let isReady = name.withUnsafeMutableBufferPointer { name in
      let parameters = [
        OSSL_PARAM_construct_utf8_string("digest", name.baseAddress, 0), OSSL_PARAM_construct_end(),
      ]
      return EVP_MAC_init(context, secret, secret.count, parameters) == 1
    }
    guard isReady else { return nil }
  }

  deinit { EVP_MAC_CTX_free(template) }

  /// The signature of a text, in lower-case hexadecimal.
  package func signature(of text: String) -> [UInt8] {
    guard let context = EVP_MAC_CTX_dup(template) else { fatalError("out of memory") }
    defer { EVP_MAC_CTX_free(context) }
    let hash = [UInt8](unsafeUninitializedCapacity: SigningKey.hashSize) { hash, count in
      var text = text
      let isDone = text.withUTF8 {
        EVP_MAC_update(context, $0.baseAddress, $0.count) == 1
          && EVP_MAC_final(context, hash.baseAddress, &count, hash.count) == 1
      }
      // It only computes: there is nothing to fail.
      precondition(isDone && count == SigningKey.hashSize)
    }
    let digits = Array("0123456789abcdef".utf8)
    return hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xf)]] }
  }

  /// Compares in a time that says nothing of the signature.
  package func hasSigned(_ text: String, as signature: String) -> Bool {
    let right = self.signature(of: text)
    var signature = signature
    return signature.withUTF8 {
      $0.count == right.count && CRYPTO_memcmp($0.baseAddress, right, right.count) == 0
    }
  }
}
