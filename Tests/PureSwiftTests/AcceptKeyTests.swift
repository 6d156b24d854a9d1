// SPDX-License-Identifier: Apache-2.0

import PureSwift
import SwiftletCore
import Testing

extension CAgainstSwift {
  @Suite struct AcceptKeys {
    static func accept(_ key: String) -> String {
      var accept = [UInt8](repeating: 0, count: AcceptKey.acceptSize)
      Array(key.utf8).withUnsafeBytes { key in
        accept.withUnsafeMutableBytes { AcceptKey.compute(key, into: $0) }
      }
      return String(decoding: accept, as: UTF8.self)
    }

    /// RFC 6455 §1.3.
    @Test func theExampleOfTheRFC() throws {
      #expect(Self.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(arguments: 0..<100)
    func randomKeys(_ seed: Int) throws {
      var random = SplitMix64(seed)
      let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
      let key = String((0..<22).map { _ in alphabet.randomElement(using: &random)! }) + "=="
      #expect(try Handshake.acceptKey(for: key) == Self.accept(key))
    }
  }
}
