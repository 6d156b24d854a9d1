// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
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

  static func acceptKey(active: CPULevel) -> Kernel {
    Kernel(
      group: .accept, name: "accept key", size: inBytes(AcceptKey.keySize),
      bytes: AcceptKey.keySize, isExact: true
    ) { acceptKeySubjects(active) }
  }

  private static func acceptKeySubjects(_ active: CPULevel) -> [Subject] {
    let key = Bytes(utf8: "dGhlIHNhbXBsZSBub25jZQ==")
    let accept = Bytes(count: AcceptKey.acceptSize)
    let c = Subject(
      implementation: .c(method: nil, level: active), isTimed: true,
      outcome: { () throws(CoreError) in
        try CoreError.check(swl_accept_key(key.characters, accept.characters))
        return .bytes(accept.array)
      },
      work: { times in
        for _ in 0..<times { swl_accept_key(key.characters, accept.characters) }
      })
    let swift = Subject(
      implementation: .swift, isTimed: true,
      outcome: {
        AcceptKey.compute(key.buffer, into: accept.mutable)
        return .bytes(accept.array)
      },
      work: { times in
        for _ in 0..<times {
          let key = UnsafeRawBufferPointer(start: opaque(key.start), count: AcceptKey.keySize)
          AcceptKey.compute(key, into: accept.mutable)
        }
      })
    // The key and the GUID of RFC 6455 §4.2.2 as one text, as a caller would put them together.
    let text = Bytes(utf8: "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    let digest = Bytes(count: 20)
    // EVP_EncodeBlock ends its text with a NUL.
    let encoded = Bytes(count: AcceptKey.acceptSize + 1)
    func direct() {
      SHA1(text.unsigned, text.count, digest.unsigned)
      EVP_EncodeBlock(encoded.unsigned, digest.unsigned, 20)
    }
    let openSSL = Subject(
      implementation: .openSSL, isTimed: true,
      outcome: {
        direct()
        return .bytes(Array(encoded.array.prefix(AcceptKey.acceptSize)))
      },
      work: { times in
        for _ in 0..<times { direct() }
      })
    return [c, swift, openSSL]
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

private func littleEndianBytes(_ word: UInt32) -> [UInt8] {
  withUnsafeBytes(of: word.littleEndian) { Array($0) }
}
