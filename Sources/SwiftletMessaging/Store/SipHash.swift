// SPDX-License-Identifier: Apache-2.0

/// A key of SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that nobody can foretell who lacks the
/// key. Swift's `Hasher` is of the same family, but its key lasts no longer than the process.
package struct SipKey: Sendable, Hashable {
  package var first: UInt64
  package var second: UInt64

  package init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
  }

  package static func random() -> SipKey {
    SipKey(.random(in: 0 ... .max), .random(in: 0 ... .max))
  }

  /// The hash of two words, little endian.
  func hash(_ one: UInt64, _ two: UInt64) -> UInt64 {
    var state = State(key: self)
    state.absorb(one)
    state.absorb(two)
    // The last word: what is left of the message, which is nothing, and its length.
    state.absorb(16 << 56)
    return state.finish()
  }

  private struct State {
    var v0, v1, v2, v3: UInt64

    init(key: SipKey) {
      v0 = key.first ^ 0x736f_6d65_7073_6575
      v1 = key.second ^ 0x646f_7261_6e64_6f6d
      v2 = key.first ^ 0x6c79_6765_6e65_7261
      v3 = key.second ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func round() {
      v0 &+= v1
      v1 = v1.rotated(by: 13) ^ v0
      v0 = v0.rotated(by: 32)
      v2 &+= v3
      v3 = v3.rotated(by: 16) ^ v2
      v0 &+= v3
      v3 = v3.rotated(by: 21) ^ v0
      v2 &+= v1
      v1 = v1.rotated(by: 17) ^ v2
      v2 = v2.rotated(by: 32)
    }

    mutating func absorb(_ word: UInt64) {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }

    mutating func finish() -> UInt64 {
      v2 ^= 0xFF
      for _ in 0..<4 { round() }
      return v0 ^ v1 ^ v2 ^ v3
    }
  }
}

extension UInt64 {
  fileprivate func rotated(by bits: UInt64) -> UInt64 { self &<< bits | self &>> (64 &- bits) }
}
