// SPDX-License-Identifier: Apache-2.0

/// Writes values as compact JSON. What JSON has no word for becomes: bin a string, its text if that is
/// UTF-8 and base64 if not; ext an array of its type and such a string; a timestamp an RFC 3339 string;
/// a number that is not finite null.
struct JSONWriter<Output: JSONOutput & ~Copyable>: ~Copyable {
  var output: Output

  mutating func write(_ value: Value) {
    switch value {
    case .null: output.put("null")
    case .bool(let bool): output.put(bool ? "true" : "false")
    case .int(let number): output.put(number.description)
    case .uint(let number): output.put(number.description)
    case .float(let number): output.put(number.isFinite ? number.description : "null")
    case .double(let number): output.put(number.isFinite ? number.description : "null")
    case .string(let text): write(text)
    case .binary(let binary): binary.withUnsafeBytes { write(binary: $0) }
    case .ext(let type, let data): data.withUnsafeBytes { write(ext: type, $0) }
    case .array(let elements):
      output.put("[")
      var isFirst = true
      for element in elements {
        separate(&isFirst)
        write(element)
      }
      output.put("]")
    case .map(let map):
      output.put("{")
      var isFirst = true
      for entry in map.entries {
        separate(&isFirst)
        switch entry.key {
        case .string(let text): write(text)
        case .binary(let binary): binary.withUnsafeBytes { write(binary: $0) }
        }
        output.put(":")
        write(entry.value)
      }
      output.put("}")
    case .packed(let packed):
      packed.withUnsafeBytes {
        var reader = MessagePackReader($0)
        write(nextOf: &reader)
      }
    }
  }

  /// The next value of MessagePack that was proved valid before.
  mutating func write(nextOf reader: inout MessagePackReader) {
    switch reader.nextOfValid() {
    case .null: output.put("null")
    case .bool(let bool): output.put(bool ? "true" : "false")
    case .int(let number): output.put(number.description)
    case .uint(let number): output.put(number.description)
    case .float(let number): output.put(number.isFinite ? number.description : "null")
    case .double(let number): output.put(number.isFinite ? number.description : "null")
    case .string(let text): output.put(quoted: text)
    case .binary(let binary): write(binary: binary)
    case .ext(let type, let data): write(ext: type, data)
    case .array(let count):
      output.put("[")
      var isFirst = true
      for _ in 0..<count {
        separate(&isFirst)
        write(nextOf: &reader)
      }
      output.put("]")
    case .map(let count):
      output.put("{")
      var isFirst = true
      for _ in 0..<count {
        separate(&isFirst)
        write(nextOf: &reader)
        output.put(":")
        write(nextOf: &reader)
      }
      output.put("}")
    }
  }

  private mutating func separate(_ isFirst: inout Bool) {
    if !isFirst { output.put(",") }
    isFirst = false
  }

  private mutating func write(_ text: String) {
    text.utf8.span.withUnsafeBytes { output.put(quoted: $0) }
  }

  private mutating func write(binary: UnsafeRawBufferPointer) {
    if binary.isUTF8 {
      output.put(quoted: binary)
    } else {
      output.put(base64: binary)
    }
  }

  private mutating func write(ext type: Int8, _ data: UnsafeRawBufferPointer) {
    if type == Timestamp.type, let time = Timestamp(data) { return write(time.text) }
    output.put("[")
    output.put(type.description)
    output.put(",")
    write(binary: data)
    output.put("]")
  }
}
