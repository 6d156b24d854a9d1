// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import PureSwift
import SwiftletCore
import Testing

extension CAgainstSwift {
  @Suite struct Masking {
    static let key: UInt32 = 0xC942_F31B

    /// The RFC's definition, byte by byte (§5.3).
    static func reference(_ bytes: [UInt8]) -> [UInt8] {
      let key = withUnsafeBytes(of: key) { Array($0) }
      return bytes.enumerated().map { $1 ^ key[$0 % 4] }
    }

    @Test(arguments: Array(0...256) + [1_000, 4_099, 65_537])
    func masksInPlaceAtEachAlignment(_ size: Int) {
      var random = SplitMix64(size)
      let source = random.bytes(size)
      let expected = Self.reference(source)
      for shift in [0, 1, 2, 3, 7, 15, 33] {
        var swift = [UInt8](repeating: 0xEE, count: shift) + source + [0xEE]
        let rotated = swift.withUnsafeMutableBytes {
          Mask.apply(Self.key, to: .init(rebasing: $0[shift..<(shift + size)]))
        }
        #expect(Array(swift[shift..<(shift + size)]) == expected)
        #expect(swift.last == 0xEE)
        CAgainstSwift.atEachLevel { level in
          var c = [UInt8](repeating: 0xEE, count: shift) + source + [0xEE]
          let cRotated = c.withUnsafeMutableBytes {
            swl_mask($0.baseAddress! + shift, size, Self.key)
          }
          #expect(c == swift, "level \(level), alignment \(shift)")
          #expect(cRotated == rotated, "level \(level), alignment \(shift)")
        }
      }
    }

    @Test(arguments: Array(0...9) + [63, 64, 65, 200, 301])
    func aKeyRotatesSoThatPiecesFollowEachOther(_ cut: Int) {
      var random = SplitMix64(cut)
      let source = random.bytes(301)
      let expected = Self.reference(source)
      var swift = source
      swift.withUnsafeMutableBytes { bytes in
        let key = Mask.apply(Self.key, to: .init(rebasing: bytes[..<cut]))
        _ = Mask.apply(key, to: .init(rebasing: bytes[cut...]))
      }
      #expect(swift == expected)
      CAgainstSwift.atEachLevel { level in
        var c = source
        c.withUnsafeMutableBytes { bytes in
          let mask = WebSocketMask(key: Self.key).apply(to: .init(rebasing: bytes[..<cut]))
          mask.apply(to: .init(rebasing: bytes[cut...]))
        }
        #expect(c == expected, "level \(level)")
      }
    }

    @Test func nothingIsNothing() {
      #expect(Mask.apply(7, to: .init(start: nil, count: 0)) == 7)
      #expect(swl_mask(nil, 0, 7) == 7)
    }
  }
}
