// SPDX-License-Identifier: Apache-2.0

/// The two encodings of the wire: JSON in text frames, MessagePack in binary ones.
public enum WireFormat: String, Sendable, Hashable {
  case json
  case messagePack = "msgpack"
}

/// Why bytes are not one value.
public struct DecodeError: Error, Hashable {
  /// The name clients know the failure by, such as `JSONDecodeError`.
  public var kind: String
  /// A sentence for people; may be empty.
  public var detail: String

  public init(_ kind: String, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }
}
