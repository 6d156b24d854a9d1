// SPDX-License-Identifier: Apache-2.0

extension JSON {
  /// Appends `value` in compact form, all that is not ASCII escaped. What JSON has no word for becomes:
  /// bin a string, its text if that is UTF-8 and base64 if not; ext an array of its code and such a
  /// string; a timestamp an RFC 3339 string; a number that is not finite null.
  public static func encode(_ value: Value, into bytes: inout [UInt8]) {
    switch value {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let bool): bytes.append(contentsOf: (bool ? "true" : "false").utf8)
    case .int(let number): bytes.append(contentsOf: number.description.utf8)
    case .uint(let number): bytes.append(contentsOf: number.description.utf8)
    case .float(let number): put(number, &bytes)
    case .double(let number): put(number, &bytes)
    case .string(let text): text.utf8.span.withUnsafeBytes { put(text: $0, &bytes) }
    case .binary(let binary): binary.withUnsafeBytes { put(binary: $0, &bytes) }
    case .ext(let type, let data): data.withUnsafeBytes { put(ext: type, $0, &bytes) }
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        encode(element, into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .map(let map):
      bytes.append(UInt8(ascii: "{"))
      for (index, entry) in map.entries.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        switch entry.key {
        case .string(let text): text.utf8.span.withUnsafeBytes { put(text: $0, &bytes) }
        case .binary(let binary): binary.withUnsafeBytes { put(binary: $0, &bytes) }
        }
        bytes.append(UInt8(ascii: ":"))
        encode(entry.value, into: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .packed(let packed):
      packed.withUnsafeBytes {
        do { encode(try MessagePack.decode($0), into: &bytes) } catch {
          preconditionFailure("packed bytes are not MessagePack: \(error)")
        }
      }
    }
  }

  private static func put<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ number: Number, _ bytes: inout [UInt8]
  ) {
    let text = number.isFinite ? number.description : "null"
    bytes.append(contentsOf: text.utf8)
  }

  private static func put(text: UnsafeRawBufferPointer, _ bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": bytes.append(contentsOf: #"\""#.utf8)
      case "\\": bytes.append(contentsOf: #"\\"#.utf8)
      case "\n": bytes.append(contentsOf: #"\n"#.utf8)
      case "\r": bytes.append(contentsOf: #"\r"#.utf8)
      case "\t": bytes.append(contentsOf: #"\t"#.utf8)
      case " "..."~": bytes.append(UInt8(ascii: scalar))
      default: for unit in UTF16.encode(scalar)! { put(escaped: unit, &bytes) }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func put(escaped unit: UInt16, _ bytes: inout [UInt8]) {
    bytes.append(contentsOf: #"\u"#.utf8)
    let digits: StaticString = "0123456789abcdef"
    for shift in [12, 8, 4, 0] { bytes.append(digits.utf8Start[Int(unit >> shift & 0xf)]) }
  }
}
