// SPDX-License-Identifier: Apache-2.0

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
    guard utf8.count == other.utf8.count else { return false }
    return utf8.elementsEqual(other.utf8)
  }
}
