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
    utf8.span.withUnsafeBytes { one in
      other.utf8.span.withUnsafeBytes { other in one.hasSameBytes(as: other) }
    }
  }
}

extension UnsafeRawBufferPointer {
  func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
    // Both have a base address where there are bytes at all.
    count == other.count && (isEmpty || memcmp(baseAddress!, other.baseAddress!, count) == 0)
  }

  func hasSameBytes(as text: StaticString) -> Bool {
    hasSameBytes(as: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  var isUTF8: Bool {
    (try? UTF8Span(validating: assumingMemoryBound(to: UInt8.self).span)) != nil
  }
}
