// SPDX-License-Identifier: Apache-2.0

/// Reads MessagePack (msgpack.org, spec.md) token by token. Every length is held against the bytes that
/// are left before anything is made of it.
struct MessagePackReader: ~Copyable {
  /// A value, or the head of one. Bytes lie in the input.
  enum Token {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case float(Float)
    case double(Double)
    /// Not yet known to be UTF-8.
    case string(UnsafeRawBufferPointer)
    case binary(UnsafeRawBufferPointer)
    /// So many values follow: no more than bytes are left.
    case array(Int)
    /// So many keys and values follow: no more than half of the bytes that are left.
    case map(Int)
    case ext(Int8, UnsafeRawBufferPointer)
  }

  private let bytes: UnsafeRawBufferPointer
  /// Where the next token begins.
  private(set) var offset: Int
  /// Whether all that was read is in the shortest form, as it is written here.
  private(set) var isShortest = true

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  var remaining: Int { bytes.count - offset }

  mutating func next() throws(DecodeError) -> Token {
    let head: UInt8 = try integer()
    switch head {
    case 0x00...0x7f: return .int(Int64(head))
    case 0x80...0x8f: return .map(try count(Int(head & 0x0f), of: 2))
    case 0x90...0x9f: return .array(try count(Int(head & 0x0f), of: 1))
    case 0xa0...0xbf: return .string(try take(Int(head & 0x1f)))
    case 0xc0: return .null
    case 0xc1: throw DecodeError("FormatError", "")
    case 0xc2: return .bool(false)
    case 0xc3: return .bool(true)
    case 0xc4: return .binary(try take(Int(try integer() as UInt8)))
    case 0xc5: return .binary(try take(Int(try integer(from: 0x100) as UInt16)))
    case 0xc6: return .binary(try take(Int(try integer(from: 0x1_0000) as UInt32)))
    case 0xc7:
      let count = Int(try integer() as UInt8)
      if [1, 2, 4, 8, 16].contains(count) { isShortest = false }
      return try ext(count)
    case 0xc8: return try ext(Int(try integer(from: 0x100) as UInt16))
    case 0xc9: return try ext(Int(try integer(from: 0x1_0000) as UInt32))
    case 0xca: return .float(Float(bitPattern: try integer()))
    case 0xcb: return .double(Double(bitPattern: try integer()))
    case 0xcc: return .int(Int64(try integer(from: 0x80) as UInt8))
    case 0xcd: return .int(Int64(try integer(from: 0x100) as UInt16))
    case 0xce: return .int(Int64(try integer(from: 0x1_0000) as UInt32))
    case 0xcf:
      let number: UInt64 = try integer(from: 0x1_0000_0000)
      return Int64(exactly: number).map { .int($0) } ?? .uint(number)
    case 0xd0: return .int(Int64(try integer(upTo: -33) as Int8))
    case 0xd1: return .int(Int64(try integer(upTo: Int16(Int8.min) - 1)))
    case 0xd2: return .int(Int64(try integer(upTo: Int32(Int16.min) - 1)))
    case 0xd3: return .int(try integer(upTo: Int64(Int32.min) - 1))
    case 0xd4...0xd8: return try ext(1 << Int(head - 0xd4))
    case 0xd9: return .string(try take(Int(try integer(from: 0x20) as UInt8)))
    case 0xda: return .string(try take(Int(try integer(from: 0x100) as UInt16)))
    case 0xdb: return .string(try take(Int(try integer(from: 0x1_0000) as UInt32)))
    case 0xdc: return .array(try count(Int(try integer(from: 0x10) as UInt16), of: 1))
    case 0xdd: return .array(try count(Int(try integer(from: 0x1_0000) as UInt32), of: 1))
    case 0xde: return .map(try count(Int(try integer(from: 0x10) as UInt16), of: 2))
    case 0xdf: return .map(try count(Int(try integer(from: 0x1_0000) as UInt32), of: 2))
    default: return .int(Int64(Int8(bitPattern: head)))
    }
  }

  /// The next token of what was proved valid before.
  mutating func nextOfValid() -> Token {
    do { return try next() } catch { preconditionFailure("packed bytes are no value: \(error)") }
  }

  /// The bytes of the next value of what was proved valid before.
  mutating func packedOfValid() -> [UInt8] {
    let start = offset
    skipValid()
    return [UInt8](UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
  }

  /// Passes over the next value of what was proved valid before.
  mutating func skipValid() { skipChildren(of: nextOfValid()) }

  /// Passes over what belongs to the value whose head was just read, of what was proved valid before.
  mutating func skipChildren(of token: Token) {
    var left = token.children
    while left > 0 { left += nextOfValid().children - 1 }
  }

  private mutating func ext(_ count: Int) throws(DecodeError) -> Token {
    let type = Int8(bitPattern: try integer())
    return .ext(type, try take(count))
  }

  @inline(__always)
  /// The next bytes as a number, most significant first.
  private mutating func integer<Number: FixedWidthInteger>() throws(DecodeError) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw .incomplete }
    defer { offset += size }
    return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// A number that has a shorter form below `least`.
  @inline(__always)
  private mutating func integer<Number: UnsignedInteger & FixedWidthInteger>(
    from least: Number
  ) throws(DecodeError) -> Number {
    let number: Number = try integer()
    if number < least { isShortest = false }
    return number
  }

  /// A number that has a shorter form above `most`.
  @inline(__always)
  private mutating func integer<Number: SignedInteger & FixedWidthInteger>(
    upTo most: Number
  ) throws(DecodeError) -> Number {
    let number: Number = try integer()
    if number > most { isShortest = false }
    return number
  }

  @inline(__always)
  private mutating func take(_ count: Int) throws(DecodeError) -> UnsafeRawBufferPointer {
    guard remaining >= count else { throw .incomplete }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  @inline(__always)
  /// `count`, when so many elements of at least `size` bytes can still come.
  private func count(_ count: Int, of size: Int) throws(DecodeError) -> Int {
    guard count <= remaining / size else { throw .incomplete }
    return count
  }
}

extension MessagePackReader.Token {
  /// How many values follow that belong to it.
  var children: Int {
    switch self {
    case .array(let count): count
    case .map(let count): 2 * count
    default: 0
    }
  }
}

extension DecodeError {
  fileprivate static var incomplete: DecodeError {
    DecodeError("ValueError", "Unpack failed: incomplete input")
  }
}
