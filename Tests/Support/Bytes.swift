// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Bytes that differ from place to place and from seed to seed.
public func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
  // The standard library writes to the one empty array all threads share.
  if count == 0 { return [] }
  return [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
    var start = seed * 977 % block.count
    while filled < count {
      let part = min(count - filled, block.count - start)
      _ = block.withUnsafeBytes {
        memcpy(bytes.baseAddress! + filled, $0.baseAddress! + start, part)
      }
      filled += part
      start = 0
    }
  }
}

/// A prime number of bytes, so that no power of two repeats them.
private let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

/// Equality without the cost of comparing, and of printing, large arrays in a debug build.
public func same(_ one: [UInt8], _ other: [UInt8]) -> Bool {
  one.count == other.count && memcmp(one, other, one.count) == 0
}
