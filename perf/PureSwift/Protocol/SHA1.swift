// SPDX-License-Identifier: Apache-2.0

/// SHA-1 (FIPS 180-4 §6.1), for the opening handshake only.
struct SHA1 {
  private(set) var state: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
    0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0
  )

  /// Adds a block of 64 bytes.
  mutating func add(_ block: UnsafeRawPointer) {
    // The schedule as a ring of 16 words.
    var words = [16 of UInt32] {
      UInt32(bigEndian: block.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
    }
    var (a, b, c, d, e) = state

    @inline(__always)
    func round(_ index: Int, _ mix: UInt32, _ constant: UInt32) {
      if index >= 16 {
        let word =
          words[unchecked: (index + 13) & 15] ^ words[unchecked: (index + 8) & 15]
          ^ words[unchecked: (index + 2) & 15] ^ words[unchecked: index & 15]
        words[unchecked: index & 15] = rotate(word, 1)
      }
      let next = rotate(a, 5) &+ mix &+ e &+ constant &+ words[unchecked: index & 15]
      (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
    }

    for index in 0..<20 { round(index, d ^ (b & (c ^ d)), 0x5A82_7999) }
    for index in 20..<40 { round(index, b ^ c ^ d, 0x6ED9_EBA1) }
    for index in 40..<60 { round(index, (b & c) | (d & (b | c)), 0x8F1B_BCDC) }
    for index in 60..<80 { round(index, b ^ c ^ d, 0xCA62_C1D6) }

    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
  }
}

@inline(__always)
private func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 {
  word &<< bits | word &>> (32 &- bits)
}
