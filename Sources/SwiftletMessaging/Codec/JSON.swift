// SPDX-License-Identifier: Apache-2.0

internal import CSimdjson

/// JSON (RFC 8259) to and from values. simdjson reads; writing, where MessagePack's values must become
/// something, is here.
public enum JSON {
  /// One value and nothing around it but white space. Of equal names the last wins. Refused, though
  /// some parsers take them: a byte order mark, NaN and Infinity, whole numbers beyond 64 bits, numbers
  /// beyond a double's range, and surrogates without their other half.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> Value {
    var next = try tokens(bytes)
    return value(&next)
  }

  /// The same in MessagePack.
  static func packed(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> [UInt8] {
    let tokens = try tokens(bytes)
    var sink = ByteSink(capacity: max(256, bytes.count))
    var next = tokens
    if pack(&next, into: &sink) { return sink.withBytes([UInt8].init) }
    next = tokens
    return WireFormat.messagePack.encode(value(&next))
  }

  /// The tokens of a text, to be used before the thread reads another.
  private static func tokens(
    _ bytes: UnsafeRawBufferPointer
  ) throws(DecodeError) -> UnsafePointer<json_token> {
    var tokens: UnsafePointer<json_token>?
    var message: UnsafePointer<CChar>?
    let result = json_parse(bytes.baseAddress, bytes.count, &tokens, &message)
    guard result == JSON_RESULT_VALUE, let tokens else {
      throw DecodeError(result, String(cString: message!))
    }
    return tokens
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

  /// The same of the next value of what was proved valid before.
  static func byteCount(ofNext reader: inout MessagePackReader) -> Int {
    var writer = JSONWriter(output: JSONSize())
    writer.write(nextOf: &reader)
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

  /// Writes the next value in MessagePack. False when a name may come twice in an object, or when there
  /// are more elements than the tokens can count.
  private static func pack(
    _ next: inout UnsafePointer<json_token>, into sink: inout ByteSink
  ) -> Bool {
    let token = next.pointee
    next += 1
    switch token.kind {
    case JSON_KIND_NULL: sink.put(0xc0)
    case JSON_KIND_FALSE: sink.put(0xc2)
    case JSON_KIND_TRUE: sink.put(0xc3)
    case JSON_KIND_INT: sink.pack(token.value.number)
    case JSON_KIND_UINT: sink.pack(token.value.magnitude)
    case JSON_KIND_DOUBLE: sink.pack(0xcb, token.value.real.bitPattern)
    case JSON_KIND_STRING: sink.pack(utf8: bytes(token))
    case JSON_KIND_ARRAY:
      guard token.size < JSON_MAX_COUNT else { return false }
      sink.pack(arrayOf: Int(token.size))
      while next.pointee.kind != JSON_KIND_END {
        guard pack(&next, into: &sink) else { return false }
      }
      next += 1
    default:
      sink.pack(mapOf: Int(token.size))
      var names = FewKeys()
      while next.pointee.kind != JSON_KIND_END {
        let name = bytes(next.pointee)
        guard names.insert(name) else { return false }
        sink.pack(utf8: name)
        next += 1
        guard pack(&next, into: &sink) else { return false }
      }
      next += 1
    }
    return true
  }

  private static func text(_ token: json_token) -> String {
    String(decoding: bytes(token), as: UTF8.self)
  }

  private static func bytes(_ token: json_token) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: token.value.text, count: Int(token.size))
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
