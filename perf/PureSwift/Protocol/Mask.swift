// SPDX-License-Identifier: Apache-2.0

/// RFC 6455 §5.3 masking.
public enum Mask {
  /// XORs `bytes` in place with the repeated key, four bytes as they lie in memory.
  /// - Returns: The key rotated so that it continues right after these bytes.
  public static func apply(_ key: UInt32, to bytes: UnsafeMutableRawBufferPointer) -> UInt32 {
    guard var next = bytes.baseAddress else { return key }
    var left = bytes.count
    let wide = SIMD16<UInt32>(repeating: key)
    while left >= 64 {
      next.storeBytes(of: next.loadUnaligned(as: SIMD16<UInt32>.self) ^ wide, as: SIMD16.self)
      next += 64
      left -= 64
    }
    while left >= 4 {
      next.storeBytes(of: next.loadUnaligned(as: UInt32.self) ^ key, as: UInt32.self)
      next += 4
      left -= 4
    }
    var rotated = UInt32(littleEndian: key)
    for _ in 0..<left {
      next.storeBytes(
        of: next.load(as: UInt8.self) ^ UInt8(truncatingIfNeeded: rotated), as: UInt8.self)
      rotated = rotated >> 8 | rotated << 24
      next += 1
    }
    return rotated.littleEndian
  }
}
