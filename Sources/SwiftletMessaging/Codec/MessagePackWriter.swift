// SPDX-License-Identifier: Apache-2.0

extension ByteSink {
  /// `value` in the shortest form of each of its parts, but floats, which keep their width.
  mutating func pack(_ value: Value) {
    switch value {
    case .null: put(0xc0)
    case .bool(let bool): put(bool ? 0xc3 : 0xc2)
    case .int(let number): pack(number)
    case .uint(let number): pack(number)
    case .float(let number): pack(0xca, number.bitPattern)
    case .double(let number): pack(0xcb, number.bitPattern)
    case .string(let text): pack(text)
    case .binary(let binary): pack(binary)
    case .array(let elements):
      pack(arrayOf: elements.count)
      for element in elements { pack(element) }
    case .map(let map):
      pack(mapOf: map.count)
      for entry in map.entries {
        switch entry.key {
        case .string(let text): pack(text)
        case .binary(let binary): pack(binary)
        }
        pack(entry.value)
      }
    case .ext(let type, let data): pack(ext: type, data)
    case .packed(let packed): packed.withUnsafeBytes { put($0) }
    }
  }

  mutating func pack(_ number: Int64) {
    switch number {
    case 0...: pack(UInt64(number))
    case (-32)...: put(UInt8(truncatingIfNeeded: number))
    case Int64(Int8.min)...: pack(0xd0, Int8(number))
    case Int64(Int16.min)...: pack(0xd1, Int16(number))
    case Int64(Int32.min)...: pack(0xd2, Int32(number))
    default: pack(0xd3, number)
    }
  }

  mutating func pack(_ number: UInt64) {
    switch number {
    case ...0x7f: put(UInt8(number))
    case ...0xff: pack(0xcc, UInt8(number))
    case ...0xffff: pack(0xcd, UInt16(number))
    case ...0xffff_ffff: pack(0xce, UInt32(number))
    default: pack(0xcf, number)
    }
  }

  private mutating func pack(_ text: String) {
    text.utf8.span.withUnsafeBytes { pack(utf8: $0) }
  }

  mutating func pack(utf8 text: UnsafeRawBufferPointer) {
    switch text.count {
    case ...0x1f: put(0xa0 | UInt8(text.count))
    case ...0xff: pack(0xd9, UInt8(text.count))
    case ...0xffff: pack(0xda, UInt16(text.count))
    default: pack(0xdb, UInt32(text.count))
    }
    put(text)
  }

  private mutating func pack(_ binary: [UInt8]) {
    switch binary.count {
    case ...0xff: pack(0xc4, UInt8(binary.count))
    case ...0xffff: pack(0xc5, UInt16(binary.count))
    default: pack(0xc6, UInt32(binary.count))
    }
    binary.withUnsafeBytes { put($0) }
  }

  private mutating func pack(ext type: Int8, _ data: [UInt8]) {
    switch data.count {
    case 1, 2, 4, 8, 16: put(0xd4 + UInt8(data.count.trailingZeroBitCount))
    case ...0xff: pack(0xc7, UInt8(data.count))
    case ...0xffff: pack(0xc8, UInt16(data.count))
    default: pack(0xc9, UInt32(data.count))
    }
    put(UInt8(bitPattern: type))
    data.withUnsafeBytes { put($0) }
  }

  mutating func pack(arrayOf count: Int) { pack(count, upTo15: 0x90, 0xdc, 0xdd) }

  mutating func pack(mapOf count: Int) { pack(count, upTo15: 0x80, 0xde, 0xdf) }

  /// The head of an array or a map: up to 15 elements are counted in its low bits.
  private mutating func pack(_ count: Int, upTo15 fixed: UInt8, _ head16: UInt8, _ head32: UInt8) {
    switch count {
    case ...0x0f: put(fixed | UInt8(count))
    case ...0xffff: pack(head16, UInt16(count))
    default: pack(head32, UInt32(count))
    }
  }

  mutating func pack(_ head: UInt8, _ number: some FixedWidthInteger) {
    put(head)
    put(bigEndian: number)
  }
}
