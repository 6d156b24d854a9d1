// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftletAuthentication
import SwiftletMessaging
import SystemPackage

/// - Parameter mayBeEmpty: When it is read anew the last token may have been withdrawn; at the start a file without
///   one is a mistake.
func readTokens(_ path: String, mayBeEmpty: Bool) throws(StartFailure) -> Tokens {
  guard let text = String(validating: try readFile(path, "token file"), as: UTF8.self) else {
    throw StartFailure("the token file \"\(path)\" is not UTF-8", status: EX_DATAERR)
  }
  do throws(TokenFileError) {
    return try Tokens(parsing: text, mayBeEmpty: mayBeEmpty)
  } catch {
    throw StartFailure("the token file \"\(path)\": \(error)", status: EX_DATAERR)
  }
}

func readJWTKeys(_ path: String, audience: String?) throws(StartFailure) -> JWTKeys {
  let bytes = try readFile(path, "JWT keys")
  do throws(KeyFileError) {
    return try JWTKeys(parsing: bytes, audience: audience)
  } catch {
    throw StartFailure("the JWT keys \"\(path)\": \(error)", status: EX_DATAERR)
  }
}

/// The secret is all of the file but a line feed at its end.
func readSigningKey(_ path: String) throws(StartFailure) -> SigningKey {
  var secret = try readFile(path, "signing key")
  if secret.last == UInt8(ascii: "\n") { secret.removeLast() }
  guard let key = SigningKey(secret) else {
    throw StartFailure("the signing key \"\(path)\" is empty", status: EX_DATAERR)
  }
  return key
}

private func readFile(_ path: String, _ what: String) throws(StartFailure) -> [UInt8] {
  do {
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    return try file.closeAfter {
      var bytes: [UInt8] = []
      while true {
        let piece = try [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
          count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        if piece.isEmpty { return bytes }
        bytes += piece
      }
    }
  } catch {
    throw StartFailure("cannot read the \(what) \"\(path)\": \(error)", status: EX_NOINPUT)
  }
}
