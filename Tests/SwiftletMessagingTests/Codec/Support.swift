// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

/// The bytes that `hex` writes, two digits each.
func bytes(hex: String) -> [UInt8] {
  let digits = Array(hex.filter { !$0.isWhitespace })
  return stride(from: 0, to: digits.count, by: 2).map {
    UInt8(String(digits[$0...$0 + 1]), radix: 16)!
  }
}

/// The digits of `bytes`: what a failed expectation can show.
func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

extension WireFormat {
  func decode(_ bytes: [UInt8]) throws -> Value { try bytes.withUnsafeBytes { try decode($0) } }
  func decode(_ text: String) throws -> Value { try decode(Array(text.utf8)) }

  func text(_ value: Value) -> String { String(decoding: encode(value), as: UTF8.self) }

  /// The kind of failure `bytes` are refused with; nil when they are a value.
  func refusal(_ bytes: [UInt8]) -> String? {
    bytes.withUnsafeBytes { bytes in
      do throws(DecodeError) {
        _ = try decode(bytes)
        return nil
      } catch { return error.kind }
    }
  }
  func refusal(_ text: String) -> String? { refusal(Array(text.utf8)) }
}
