// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// A masking key (RFC 6455 §5.3), positioned at the byte it is applied to next.
public struct WebSocketMask: Hashable, Sendable {
  /// The four bytes of the key as they lie in memory; the first meets the next byte of payload.
  public let key: UInt32

  /// - Parameter key: Four bytes as they lie in memory, such as a load from a frame header.
  public init(key: UInt32) { self.key = key }

  /// Masks, or unmasks, `bytes` in place. Any size and alignment.
  /// - Returns: The key rotated so that it continues right after these bytes.
  @discardableResult
  public func apply(to bytes: UnsafeMutableRawBufferPointer) -> WebSocketMask {
    WebSocketMask(key: swl_mask(bytes.baseAddress, bytes.count, key))
  }

  /// Masks, or unmasks, `bytes` in place. Any size and alignment.
  /// - Returns: The key rotated so that it continues right after these bytes.
  @discardableResult
  public func apply(to bytes: inout MutableRawSpan) -> WebSocketMask {
    bytes.withUnsafeMutableBytes { apply(to: $0) }
  }
}
