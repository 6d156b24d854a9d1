// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet
internal import Glibc
internal import PureSwift
internal import SwiftletCore

extension Kernel {
  static func unmask(_ size: Int, levels: [CPULevel]) -> Kernel {
    Kernel(group: .unmask, name: "unmask", size: inBytes(size), bytes: size, isExact: true) {
      unmaskSubjects(size, levels)
    }
  }

  private static func unmaskSubjects(_ size: Int, _ levels: [CPULevel]) -> [Subject] {
    let source = Bytes.random(size)
    let bytes = Bytes(source)
    let key: UInt32 = 0x1B_F3_42_C9
    var subjects = levels.map { level in
      Subject(
        implementation: .c(method: nil, level: level), isTimed: true,
        outcome: {
          let bytes = Bytes(source)
          let rotated = swl_mask(bytes.start, size, key)
          return .bytes(bytes.array + littleEndianBytes(rotated))
        },
        work: { times in
          // Each run's key depends on the run before.
          var key = key
          for _ in 0..<times { key = swl_mask(bytes.start, size, key) }
          consume(UInt64(key))
        })
    }
    subjects.append(
      Subject(
        implementation: .swift, isTimed: true,
        outcome: {
          let bytes = Bytes(source)
          let rotated = Mask.apply(key, to: bytes.mutable)
          return .bytes(bytes.array + littleEndianBytes(rotated))
        },
        work: { times in
          var key = key
          for _ in 0..<times { key = Mask.apply(key, to: bytes.mutable) }
          consume(UInt64(key))
        }))
    subjects.append(
      Subject(
        implementation: .memcpy, isTimed: true, outcome: nil,
        work: { times in
          for _ in 0..<times { memcpy(bytes.start, opaque(source.start), size) }
        }))
    return subjects
  }

  static func utf8(
    _ name: String, _ size: Int, levels: [CPULevel], text: @escaping () -> Bytes
  ) -> Kernel {
    Kernel(
      group: .utf8, name: "utf8 \(name)", size: inBytes(size), bytes: size, isExact: true
    ) { utf8Subjects(text(), levels) }
  }

  private static func utf8Subjects(_ text: Bytes, _ levels: [CPULevel]) -> [Subject] {
    let size = text.count
    // What a text is worth does not depend on where it is cut: checked in one piece and in two.
    let cut = size / 2 + 1
    var subjects = levels.map { level in
      Subject(
        implementation: .c(method: nil, level: level), isTimed: true,
        outcome: {
          let whole = swl_utf8_update(0, text.start, size)
          let half = swl_utf8_update(0, text.start, cut)
          let halves = swl_utf8_update(half, text.start + cut, size - cut)
          return .bytes([whole == 0 ? 1 : 0, half == 0 ? 1 : 0, halves == 0 ? 1 : 0])
        },
        work: { times in
          var sum: UInt64 = 0
          for _ in 0..<times { sum &+= UInt64(swl_utf8_update(0, opaque(text.start), size)) }
          consume(sum)
        })
    }
    subjects.append(
      Subject(
        implementation: .swift, isTimed: true,
        outcome: {
          var (whole, halves) = (UTF8Validation(), UTF8Validation())
          _ = whole.update(text.buffer)
          _ = halves.update(UnsafeRawBufferPointer(rebasing: text.buffer[..<cut]))
          let half = halves.isComplete
          _ = halves.update(UnsafeRawBufferPointer(rebasing: text.buffer[cut...]))
          return .bytes([whole.isComplete ? 1 : 0, half ? 1 : 0, halves.isComplete ? 1 : 0])
        },
        work: { times in
          var sum: UInt64 = 0
          for _ in 0..<times {
            var validation = UTF8Validation()
            let buffer = UnsafeRawBufferPointer(start: opaque(text.start), count: size)
            sum &+= validation.update(buffer) ? 0 : 1
          }
          consume(sum)
        }))
    return subjects
  }
}

/// Such as `480,000 B`.
func inBytes(_ count: Int) -> String {
  let digits = Array(String(count))
  let grouped = digits.indices.map { index in
    (index > 0 && (digits.count - index) % 3 == 0 ? "," : "") + String(digits[index])
  }
  return grouped.joined() + " B"
}

func littleEndianBytes(_ word: UInt32) -> [UInt8] {
  withUnsafeBytes(of: word.littleEndian) { Array($0) }
}
