// SPDX-License-Identifier: Apache-2.0

extension MessagePack {
  /// Appends `value` in the shortest form of each of its parts, but floats, which keep their width.
  public static func encode(_ value: Value, into bytes: inout [UInt8]) {
    switch value {
    case .null: bytes.append(0xc0)
    case .bool(let bool): bytes.append(bool ? 0xc3 : 0xc2)
    case .int(let number): put(number, &bytes)
    case .uint(let number): put(number, &bytes)
    case .float(let number): put(0xca, number.bitPattern, &bytes)
    case .double(let number): put(0xcb, number.bitPattern, &bytes)
    case .string(let text): put(text, &bytes)
    case .binary(let binary): put(binary, &bytes)
    case .array(let elements):
      putArrayHead(elements.count, &bytes)
      for element in elements { encode(element, into: &bytes) }
    case .map(let map):
      putMapHead(map.count, &bytes)
      for entry in map.entries {
        switch entry.key {
        case .string(let text): put(text, &bytes)
        case .binary(let binary): put(binary, &bytes)
        }
        encode(entry.value, into: &bytes)
      }
    case .ext(let type, let data):
      putExtHead(data.count, &bytes)
      bytes.append(UInt8(bitPattern: type))
      bytes.append(contentsOf: data)
    case .packed(let packed): bytes.append(contentsOf: packed)
    }
  }

  /// `value` by itself.
  public static func pack(_ value: Value) -> [UInt8] {
    var bytes: [UInt8] = []
    encode(value, into: &bytes)
    return bytes
  }

  static func put(_ number: Int64, _ bytes: inout [UInt8]) {
    switch number {
    case 0...: put(UInt64(number), &bytes)
    case (-32)...: bytes.append(UInt8(truncatingIfNeeded: number))
    case Int64(Int8.min)...: put(0xd0, UInt8(truncatingIfNeeded: number), &bytes)
    case Int64(Int16.min)...: put(0xd1, UInt16(truncatingIfNeeded: number), &bytes)
    case Int64(Int32.min)...: put(0xd2, UInt32(truncatingIfNeeded: number), &bytes)
    default: put(0xd3, UInt64(bitPattern: number), &bytes)
    }
  }

  static func put(_ number: UInt64, _ bytes: inout [UInt8]) {
    switch number {
    case ...0x7f: bytes.append(UInt8(number))
    case ...0xff: put(0xcc, UInt8(number), &bytes)
    case ...0xffff: put(0xcd, UInt16(number), &bytes)
    case ...0xffff_ffff: put(0xce, UInt32(number), &bytes)
    default: put(0xcf, number, &bytes)
    }
  }

  static func put(_ text: String, _ bytes: inout [UInt8]) {
    let count = text.utf8.count
    switch count {
    case ...0x1f: bytes.append(0xa0 | UInt8(count))
    case ...0xff: put(0xd9, UInt8(count), &bytes)
    case ...0xffff: put(0xda, UInt16(count), &bytes)
    default: put(0xdb, UInt32(count), &bytes)
    }
    bytes.append(contentsOf: text.utf8)
  }

  static func put(_ binary: [UInt8], _ bytes: inout [UInt8]) {
    switch binary.count {
    case ...0xff: put(0xc4, UInt8(binary.count), &bytes)
    case ...0xffff: put(0xc5, UInt16(binary.count), &bytes)
    default: put(0xc6, UInt32(binary.count), &bytes)
    }
    bytes.append(contentsOf: binary)
  }

  static func putArrayHead(_ count: Int, _ bytes: inout [UInt8]) {
    switch count {
    case ...0x0f: bytes.append(0x90 | UInt8(count))
    case ...0xffff: put(0xdc, UInt16(count), &bytes)
    default: put(0xdd, UInt32(count), &bytes)
    }
  }

  static func putMapHead(_ count: Int, _ bytes: inout [UInt8]) {
    switch count {
    case ...0x0f: bytes.append(0x80 | UInt8(count))
    case ...0xffff: put(0xde, UInt16(count), &bytes)
    default: put(0xdf, UInt32(count), &bytes)
    }
  }

  private static func putExtHead(_ count: Int, _ bytes: inout [UInt8]) {
    switch count {
    case 1, 2, 4, 8, 16: bytes.append(0xd4 + UInt8(count.trailingZeroBitCount))
    case ...0xff: put(0xc7, UInt8(count), &bytes)
    case ...0xffff: put(0xc8, UInt16(count), &bytes)
    default: put(0xc9, UInt32(count), &bytes)
    }
  }

  /// A head and a number behind it, most significant byte first.
  private static func put<Number: FixedWidthInteger>(
    _ head: UInt8, _ number: Number, _ bytes: inout [UInt8]
  ) {
    bytes.append(head)
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
