// SPDX-License-Identifier: Apache-2.0

/// The two kinds of WebSocket message; the raw value is the opcode (RFC 6455 §5.2).
public enum MessageKind: UInt8, Hashable, Sendable {
  /// UTF-8 text.
  case text = 0x1
  /// Bytes.
  case binary = 0x2
}
