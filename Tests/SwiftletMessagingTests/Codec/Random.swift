// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

/// Values and bytes that are the same for the same seed.
final class Random {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

  /// SplitMix64.
  func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

  /// Numbers of all sizes.
  func integer() -> Int64 { Int64(bitPattern: next()) >> below(64) }

  func string() -> String {
    let alphabets: [ClosedRange<UInt32>] = [
      0x20...0x7e, 0...0x7f, 0x80...0x7ff, 0x800...0xd7ff, 0xe000...0xffff, 0x10000...0x10ffff,
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<below(below(4) == 0 ? 80 : 16) {
      let alphabet = below(2) == 0 ? alphabets[0] : alphabets[below(alphabets.count)]
      text.append(Unicode.Scalar(alphabet.lowerBound + UInt32(below(alphabet.count)))!)
    }
    return String(text)
  }

  /// Any value but those that are packed, or with `isJSON` any that JSON has.
  func value(depth: Int, isJSON: Bool = false) -> Value {
    switch below(depth > 0 ? 12 : 7) {
    case 0: return below(2) == 0 ? .null : .bool(below(2) == 0)
    case 1, 2:
      let number = integer()
      return below(8) == 0 ? .uint(UInt64(bitPattern: .min | number)) : .int(number)
    case 3:
      if !isJSON && below(2) == 0 { return .float(Float(below(1 << 30)) / 1024) }
      return .double(double())
    case 4, 5: return .string(string())
    case 6:
      if isJSON { return .string(string()) }
      let data = bytes(below(20))
      return below(2) == 0 ? .binary(data) : .ext(Int8(truncatingIfNeeded: next()), data)
    case 7, 8, 9: return .array((0..<below(6)).map { _ in value(depth: depth - 1, isJSON: isJSON) })
    default:
      var map = Value.Map()
      // Now and then so many that the keys are looked up otherwise.
      for _ in 0..<below(below(16) == 0 ? 40 : 4) {
        let key = isJSON || below(8) > 0 ? Value.Map.Key.string(string()) : .binary(bytes(below(8)))
        map.set(key, value(depth: depth - 1, isJSON: isJSON))
      }
      return .map(map)
    }
  }

  private func double() -> Double {
    switch below(3) {
    case 0: return Double(integer())
    case 1: return Double(integer()) / 1000
    default:
      let number = Double(bitPattern: next())
      return number.isFinite ? number : 0
    }
  }

  /// `input` with a few of its bytes changed, taken away or doubled.
  func mutation(of input: [UInt8]) -> [UInt8] {
    var output = input
    for _ in 0...below(4) where !output.isEmpty {
      let place = below(output.count)
      switch below(5) {
      case 0: output[place] = UInt8(truncatingIfNeeded: next())
      case 1: output[place] ^= 1 << UInt8(below(8))
      case 2: output.remove(at: place)
      case 3: output.insert(output[below(output.count)], at: place)
      default:
        output.replaceSubrange(place..<min(place + below(8), output.count), with: bytes(below(6)))
      }
    }
    return output
  }
}
