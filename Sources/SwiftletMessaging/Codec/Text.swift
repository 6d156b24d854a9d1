// SPDX-License-Identifier: Apache-2.0

internal import Glibc

extension String {
  /// nil when `bytes` are not UTF-8.
  init?(validatedUTF8 bytes: UnsafeRawBufferPointer) {
    // String(validating:as:) would do, in several times the time for short texts.
    guard let text = try? UTF8Span(validating: bytes.assumingMemoryBound(to: UInt8.self).span)
    else {
      return nil
    }
    self.init(copying: text)
  }

  /// Whether both are the same UTF-8: what the wire means by equal.
  func hasSameBytes(as other: String) -> Bool {
    let (one, other) = (utf8.span, other.utf8.span)
    guard one.count == other.count else { return false }
    return one.withUnsafeBytes { one in
      other.withUnsafeBytes { other in
        // Both have a base address where there are bytes at all.
        one.isEmpty || memcmp(one.baseAddress!, other.baseAddress!, one.count) == 0
      }
    }
  }
}
