// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet
internal import PureSwift
internal import SwiftletCore

extension Kernel {
  /// The payload of a text message is unmasked in place and validated, in one pass and in two.
  static func unmaskText(
    _ name: String, _ size: Int, levels: [CPULevel], text: @escaping () -> Bytes
  ) -> Kernel {
    Kernel(
      group: .text, name: "unmask and validate \(name)", size: inBytes(size), bytes: size,
      isExact: true
    ) {
      let text = text()
      return levels.flatMap { level in
        [
          unmaskSubject(.c(method: nil, level: level), text) { bytes, key in
            swl_utf8_unmask(0, bytes.start, bytes.count, &key) == 0
          },
          unmaskSubject(.twoPasses(level: level), text) { bytes, key in
            key = swl_mask(bytes.start, bytes.count, key)
            return swl_utf8_update(0, bytes.start, bytes.count) == 0
          },
        ]
      } + [
        unmaskSubject(.swift, text) { bytes, key in
          key = Mask.apply(key, to: bytes.mutable)
          var validation = UTF8Validation()
          return validation.update(bytes.buffer) && validation.isComplete
        }
      ]
    }
  }

  /// - Parameter unmask: Unmasks with a key, rotates it, and says whether the result is UTF-8.
  private static func unmaskSubject(
    _ implementation: Subject.Implementation, _ text: Bytes,
    _ unmask: @escaping (Bytes, inout UInt32) -> Bool
  ) -> Subject {
    let timed = Bytes(text)
    return Subject(
      implementation: implementation, isTimed: true,
      outcome: {
        let bytes = Bytes(text)
        var key: UInt32 = 0x1B_F3_42_C9
        swl_mask(bytes.start, bytes.count, key)
        let isValid = unmask(bytes, &key)
        return .bytes(bytes.array + littleEndianBytes(key) + [isValid ? 1 : 0])
      },
      work: { times in
        // The key that leaves the text as it is costs what any other does, and each run reads text.
        var key: UInt32 = 0
        var valid: UInt64 = 0
        for _ in 0..<times { valid &+= unmask(timed, &key) ? 1 : 0 }
        consume(valid)
      })
  }
}
