// SPDX-License-Identifier: Apache-2.0

internal import CSimdjson

/// JSON (RFC 8259) to and from values. simdjson reads; writing, where MessagePack's values must become
/// something, is here.
public enum JSON {
  /// One value and nothing around it but white space. Of equal names the last wins. Refused, though
  /// some parsers take them: a byte order mark, NaN and Infinity, whole numbers beyond 64 bits, numbers
  /// beyond a double's range, and surrogates without their other half.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> Value {
    var token: UnsafePointer<json_token>?
    var message: UnsafePointer<CChar>?
    let result = json_parse(bytes.baseAddress, bytes.count, &token, &message)
    guard result == JSON_RESULT_VALUE, var next = token else {
      throw DecodeError(result, String(cString: message!))
    }
    return value(&next)
  }

  /// Appends `value` in compact form, all that is not ASCII escaped.
  public static func encode(_ value: Value, into bytes: inout [UInt8]) {
    var writer = JSONWriter(output: JSONBytes(sink: ByteSink(capacity: 1024)))
    writer.write(value)
    writer.output.sink.withBytes { bytes.append(contentsOf: $0) }
  }

  /// The bytes of `value` in compact form with only those escapes that must be: by which posts are
  /// bounded, whatever encoding they come in.
  public static func byteCount(of value: Value) -> Int {
    var writer = JSONWriter(output: JSONSize())
    writer.write(value)
    return writer.output.count
  }

  private static func value(_ next: inout UnsafePointer<json_token>) -> Value {
    let token = next.pointee
    next += 1
    switch token.kind {
    case JSON_KIND_NULL: return .null
    case JSON_KIND_FALSE: return .bool(false)
    case JSON_KIND_TRUE: return .bool(true)
    case JSON_KIND_INT: return .int(token.value.number)
    case JSON_KIND_UINT: return .uint(token.value.magnitude)
    case JSON_KIND_DOUBLE: return .double(token.value.real)
    case JSON_KIND_STRING: return .string(text(token))
    case JSON_KIND_ARRAY:
      var elements: [Value] = []
      elements.reserveCapacity(Int(token.size))
      while next.pointee.kind != JSON_KIND_END { elements.append(value(&next)) }
      next += 1
      return .array(elements)
    default:
      var map = Value.MapBuilder(room: Int(token.size))
      while next.pointee.kind != JSON_KIND_END {
        let name = text(next.pointee)
        next += 1
        map.set(.string(name), value(&next))
      }
      next += 1
      return .map(map.finish())
    }
  }

  private static func text(_ token: json_token) -> String {
    let bytes = UnsafeRawBufferPointer(start: token.value.text, count: Int(token.size))
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension DecodeError {
  fileprivate init(_ result: json_result, _ message: String) {
    let kind =
      switch result {
      case JSON_RESULT_TOO_DEEP: "RecursionError"
      case JSON_RESULT_TOO_LARGE: "MemoryError"
      case JSON_RESULT_NOT_UTF8: "UnicodeDecodeError"
      default: "JSONDecodeError"
      }
    self.init(kind, message)
  }
}
