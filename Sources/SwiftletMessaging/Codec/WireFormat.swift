// SPDX-License-Identifier: Apache-2.0

/// The two encodings of the wire: JSON in text frames, MessagePack in binary ones.
public enum WireFormat: String, Sendable, Hashable, CaseIterable {
  case json
  case messagePack = "msgpack"
}

extension WireFormat {
  /// One value and nothing behind it. Depth is bounded, and nothing is allocated by what a length
  /// promises.
  public func decode(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> Value {
    switch self {
    case .json: try JSON.decode(bytes)
    case .messagePack: try MessagePack.decode(bytes)
    }
  }

  /// `value` by itself.
  public func encode(_ value: Value) -> [UInt8] {
    var bytes: [UInt8] = []
    encode(value, into: &bytes)
    return bytes
  }

  /// Appends `value`.
  public func encode(_ value: Value, into bytes: inout [UInt8]) {
    switch self {
    case .json: JSON.encode(value, into: &bytes)
    case .messagePack: MessagePack.encode(value, into: &bytes)
    }
  }
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
