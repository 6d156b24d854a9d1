// SPDX-License-Identifier: Apache-2.0

/// MessagePack (msgpack.org, spec.md) to and from values.
public enum MessagePack {
  /// Arrays and maps within one another.
  static let maxDepth = 1024
  /// Elements that room is made for before they are there.
  private static let trustedCount = 16

  /// One value and nothing behind it: every form, minimal or not. Keys of maps are str or bin; of equal
  /// keys the last wins.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> Value {
    var reader = MessagePackReader(bytes)
    let value = try value(&reader, depth: 0)
    guard reader.remaining == 0 else { throw .extraData }
    return value
  }

  /// The next value of what was proved valid before.
  static func valueOfValid(_ reader: inout MessagePackReader) -> Value {
    do { return try value(&reader, depth: 0) } catch {
      preconditionFailure("packed bytes are no value: \(error)")
    }
  }

  /// Appends `value` in the shortest form of each of its parts, but floats, which keep their width.
  public static func encode(_ value: Value, into bytes: inout [UInt8]) {
    var sink = ByteSink(capacity: 512)
    sink.pack(value)
    sink.withBytes { bytes.append(contentsOf: $0) }
  }

  private static func value(
    _ reader: inout MessagePackReader, depth: Int
  ) throws(DecodeError) -> Value {
    switch try reader.next() {
    case .null: return .null
    case .bool(let bool): return .bool(bool)
    case .int(let number): return .int(number)
    case .uint(let number): return .uint(number)
    case .float(let number): return .float(number)
    case .double(let number): return .double(number)
    case .string(let bytes): return .string(try string(bytes))
    case .binary(let bytes): return .binary([UInt8](bytes))
    case .ext(let type, let bytes): return .ext(type, [UInt8](bytes))
    case .array(let count):
      guard depth < maxDepth else { throw .tooDeep }
      var elements: [Value] = []
      elements.reserveCapacity(min(count, trustedCount))
      for _ in 0..<count { elements.append(try value(&reader, depth: depth + 1)) }
      return .array(elements)
    case .map(let count):
      guard depth < maxDepth else { throw .tooDeep }
      var map = Value.MapBuilder(room: min(count, trustedCount))
      for _ in 0..<count {
        let key = try key(&reader)
        map.set(key, try value(&reader, depth: depth + 1))
      }
      return .map(map.finish())
    }
  }

  private static func key(_ reader: inout MessagePackReader) throws(DecodeError) -> Value.Map.Key {
    switch try reader.next() {
    case .string(let bytes): return .string(try string(bytes))
    case .binary(let bytes): return .binary([UInt8](bytes))
    default: throw .badKey
    }
  }

  private static func string(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> String {
    guard let text = String(validatedUTF8: bytes) else { throw .badText }
    return text
  }
}

extension DecodeError {
  static var extraData: DecodeError {
    DecodeError("ExtraData", "unpack(b) received extra data.")
  }
  static var tooDeep: DecodeError { DecodeError("StackError", "") }
  static var badKey: DecodeError {
    DecodeError("ValueError", "only str and bin are allowed for map keys")
  }
  static var badText: DecodeError { DecodeError("UnicodeDecodeError", "invalid UTF-8 in a str") }
}
