// SPDX-License-Identifier: Apache-2.0

/// A frame header (RFC 6455 §5.2).
public struct FrameHeader: Hashable, Sendable {
  /// RSV1 is 4, RSV2 is 2, RSV3 is 1.
  public var reserved: UInt8
  public var fin: Bool
  public var opcode: UInt8
  /// Payload bytes.
  public var length: UInt64
  /// The masking key as it lies in memory; `nil` when the payload is not masked.
  public var mask: UInt32?

  public init(fin: Bool, reserved: UInt8, opcode: UInt8, length: UInt64, mask: UInt32?) {
    self.fin = fin
    self.reserved = reserved
    self.opcode = opcode
    self.length = length
    self.mask = mask
  }

  public static let maximumSize = 14

  public enum Parsed: Hashable, Sendable {
    case header(FrameHeader, size: Int)
    /// The bytes are the beginning of a header.
    case partial
    /// The length is not in its minimal form, or its top bit is set.
    case badLength
  }

  public static func parse(_ bytes: UnsafeRawBufferPointer) -> Parsed {
    guard bytes.count >= 2 else { return .partial }
    let masked = bytes[1] & 0x80 != 0
    let short = bytes[1] & 0x7F
    let lengthSize = short == 126 ? 2 : short == 127 ? 8 : 0
    if short == 127 {
      // What is wrong with a length of 64 bits shows before all of it is there: its top bit, or six
      // leading zeros, as it would fit 16 bits.
      if bytes.count > 2, bytes[2] & 0x80 != 0 { return .badLength }
      if bytes.count >= 8, bytes[2..<8].allSatisfy({ $0 == 0 }) { return .badLength }
    }
    guard bytes.count >= 2 + lengthSize else { return .partial }
    let length: UInt64
    switch short {
    case 126:
      length = UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      guard length > 125 else { return .badLength }
    case 127:
      length = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
    default:
      length = UInt64(short)
    }
    let size = 2 + lengthSize + (masked ? 4 : 0)
    guard bytes.count >= size else { return .partial }
    let header = FrameHeader(
      fin: bytes[0] & 0x80 != 0, reserved: bytes[0] >> 4 & 7, opcode: bytes[0] & 15,
      length: length,
      mask: masked ? bytes.loadUnaligned(fromByteOffset: size - 4, as: UInt32.self) : nil)
    return .header(header, size: size)
  }

  /// Writes the header in its minimal form and returns its size, at most ``maximumSize``.
  public func write(to bytes: UnsafeMutableRawBufferPointer) -> Int {
    bytes[0] = (fin ? 0x80 : 0) | reserved << 4 | opcode
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    var size = 2
    if length <= 125 {
      bytes[1] = maskBit | UInt8(length)
    } else if length <= 0xFFFF {
      bytes[1] = maskBit | 126
      bytes.storeBytes(of: UInt16(length).bigEndian, toByteOffset: 2, as: UInt16.self)
      size = 4
    } else {
      bytes[1] = maskBit | 127
      bytes.storeBytes(of: length.bigEndian, toByteOffset: 2, as: UInt64.self)
      size = 10
    }
    if let mask {
      bytes.storeBytes(of: mask, toByteOffset: size, as: UInt32.self)
      size += 4
    }
    return size
  }
}
