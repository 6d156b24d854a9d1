// SPDX-License-Identifier: Apache-2.0

import CSwiftlet
import PureSwift
import Testing

extension CAgainstSwift {
  @Suite struct Frames {
    static func parse(_ bytes: ArraySlice<UInt8>) -> FrameHeader.Parsed {
      var frame = swl_frame()
      let size = bytes.withUnsafeBytes { swl_frame_parse($0.baseAddress, $0.count, &frame) }
      if size < 0 { return .badLength }
      if size == 0 { return .partial }
      return .header(
        FrameHeader(
          fin: frame.fin, reserved: frame.reserved, opcode: frame.opcode, length: frame.length,
          mask: frame.masked ? frame.mask : nil),
        size: Int(size))
    }

    @Test(arguments: 0..<64)
    func parseTheSame(_ seed: Int) {
      var random = SplitMix64(seed)
      for _ in 0..<50 {
        var bytes = random.bytes(14)
        // Lengths near the borders between the three forms, more often than chance would.
        bytes[1] = bytes[1] & 0x80 | [0, 1, 125, 126, 127].randomElement(using: &random)!
        if seed % 2 == 0 { for index in 2..<8 { bytes[index] = 0 } }
        for end in 0...bytes.count {
          let swift = bytes[..<end].withUnsafeBytes(FrameHeader.parse)
          #expect(Self.parse(bytes[..<end]) == swift, "\(bytes[..<end])")
        }
      }
    }

    @Test(arguments: [
      0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 1 << 32, UInt64(Int64.max),
    ])
    func writeTheSame(_ length: UInt64) {
      for mask in [nil, 0, 0x1234_5678] as [UInt32?] {
        for (fin, reserved, opcode) in [(true, 0, 1), (false, 4, 2), (true, 7, 15)]
          as [(Bool, UInt8, UInt8)]
        {
          let header = FrameHeader(
            fin: fin, reserved: reserved, opcode: opcode, length: length, mask: mask)
          var swift = [UInt8](repeating: 0, count: FrameHeader.maximumSize)
          let size = swift.withUnsafeMutableBytes { header.write(to: $0) }
          var frame = swl_frame()
          frame.length = length
          frame.fin = fin
          frame.reserved = reserved
          frame.opcode = opcode
          frame.masked = mask != nil
          frame.mask = mask ?? 0
          var c = [UInt8](repeating: 0, count: Int(SWL_FRAME_HEADER_MAX))
          #expect(swl_frame_write(&c, &frame) == size)
          #expect(c[..<size] == swift[..<size])
          #expect(swift[..<size].withUnsafeBytes(FrameHeader.parse) == .header(header, size: size))
        }
      }
    }
  }
}
