// SPDX-License-Identifier: Apache-2.0

/// Incremental, fail-fast UTF-8 validation (RFC 3629).
public struct UTF8Validation: Hashable, Sendable {
  /// What the next byte may be.
  private enum State: Hashable {
    case start
    /// Inside a character: continuation bytes still missing, and the bounds of the next one, which
    /// are narrower than 80...BF after E0, ED, F0 and F4 (RFC 3629 §4).
    case inside(missing: UInt8, lowest: UInt8, highest: UInt8)
    case invalid
  }

  private var state = State.start

  public init() {}

  public var isInvalid: Bool { state == .invalid }
  public var isComplete: Bool { state == .start }

  /// Validates the next bytes; says whether all so far can begin a UTF-8 text.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return !isInvalid }
    let end = start + bytes.count
    var next = start
    while next < end {
      if state == .start {
        next = Self.skipWholeCharacters(from: next, to: end)
        guard next < end else { break }
      }
      step(next.load(as: UInt8.self))
      if state == .invalid { return false }
      next += 1
    }
    return !isInvalid
  }

  /// The first byte that is not part of a valid character with four readable bytes from its lead;
  /// ``step(_:)`` decides what it is.
  @inline(__always)
  private static func skipWholeCharacters(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer
  ) -> UnsafeRawPointer {
    var next = start
    while end - next >= 4 {
      let word = UInt32(littleEndian: next.loadUnaligned(as: UInt32.self))
      if word & 0x80 == 0 {
        next = skipASCII(from: next, to: end)
      } else if word & 0xC0E0 == 0x80C0 {
        if word & 0x1E == 0 { break }  // C0, C1: overlong
        next += 2
      } else if word & 0xC0C0F0 == 0x8080E0 {
        let bits = word & 0x200F
        if bits == 0 || bits == 0x200D { break }  // overlong, surrogate
        next += 3
      } else if word & 0xC0C0_C0F8 == 0x8080_80F0 {
        let bits = word & 0x3007
        if bits == 0 || bits & 7 > 4 || bits & 7 == 4 && bits > 7 { break }  // overlong, > 10FFFF
        next += 4
      } else {
        break
      }
    }
    return next
  }

  @inline(__always)
  private static func skipASCII(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer
  ) -> UnsafeRawPointer {
    var next = start
    while end - next >= 8 {
      let word = UInt64(littleEndian: next.loadUnaligned(as: UInt64.self)) & 0x8080_8080_8080_8080
      if word != 0 { return next + word.trailingZeroBitCount / 8 }
      next += 8
      while end - next >= 64 {
        let block = next.loadUnaligned(as: SIMD8<UInt64>.self)
        let low = block.lowHalf | block.highHalf
        let all = low.lowHalf | low.highHalf
        if (all.x | all.y) & 0x8080_8080_8080_8080 != 0 { break }
        next += 64
      }
    }
    while next < end, next.load(as: UInt8.self) < 0x80 { next += 1 }
    return next
  }

  private mutating func step(_ byte: UInt8) {
    switch state {
    case .start:
      state =
        switch byte {
        case 0x00...0x7F: .start
        case 0xC2...0xDF: .inside(missing: 1, lowest: 0x80, highest: 0xBF)
        case 0xE0: .inside(missing: 2, lowest: 0xA0, highest: 0xBF)
        case 0xED: .inside(missing: 2, lowest: 0x80, highest: 0x9F)
        case 0xE1...0xEF: .inside(missing: 2, lowest: 0x80, highest: 0xBF)
        case 0xF0: .inside(missing: 3, lowest: 0x90, highest: 0xBF)
        case 0xF1...0xF3: .inside(missing: 3, lowest: 0x80, highest: 0xBF)
        case 0xF4: .inside(missing: 3, lowest: 0x80, highest: 0x8F)
        default: .invalid
        }
    case .inside(let missing, let lowest, let highest):
      if byte < lowest || byte > highest {
        state = .invalid
      } else {
        state = missing == 1 ? .start : .inside(missing: missing - 1, lowest: 0x80, highest: 0xBF)
      }
    case .invalid: break
    }
  }
}
