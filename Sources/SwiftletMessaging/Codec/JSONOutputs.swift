// SPDX-License-Identifier: Apache-2.0

/// Where JSON goes: bytes, or only their number.
protocol JSONOutput: ~Copyable {
  mutating func put(_ ascii: Unicode.Scalar)
  /// A word or a number: nothing to escape.
  mutating func put(_ word: String)
  /// A string with its quotes. `text` is UTF-8.
  mutating func put(quoted text: UnsafeRawBufferPointer)
  /// A string of bytes in base64 (RFC 4648 §4, padded), with its quotes.
  mutating func put(base64 bytes: UnsafeRawBufferPointer)
}

/// JSON as it is sent: all that is not ASCII escaped.
struct JSONBytes: JSONOutput, ~Copyable {
  var sink: ByteSink

  mutating func put(_ ascii: Unicode.Scalar) { sink.put(UInt8(ascii: ascii)) }

  mutating func put(_ word: String) { word.utf8.span.withUnsafeBytes { sink.put($0) } }

  mutating func put(quoted text: UnsafeRawBufferPointer) {
    sink.reserve(text.count + 2)
    sink.put(UInt8(ascii: "\""))
    var offset = 0
    while true {
      let run = plainCount(text, from: offset, isASCII: true)
      sink.put(UnsafeRawBufferPointer(rebasing: text[offset..<offset + run]))
      offset += run
      if offset == text.count { break }
      offset += put(escaped: UnsafeRawBufferPointer(rebasing: text[offset...]))
    }
    sink.put(UInt8(ascii: "\""))
  }

  mutating func put(base64 bytes: UnsafeRawBufferPointer) {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    sink.reserve((bytes.count + 2) / 3 * 4 + 2)
    sink.put(UInt8(ascii: "\""))
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group: UInt32 = 0
      for index in 0..<3 {
        group = group << 8 | (index < count ? UInt32(bytes[start + index]) : 0)
      }
      for index in 0..<4 {
        let digit = Int(group >> (18 - 6 * index) & 0x3f)
        sink.put(index <= count ? alphabet.utf8Start[digit] : UInt8(ascii: "="))
      }
    }
    sink.put(UInt8(ascii: "\""))
  }

  /// The first character of `text`; returns its bytes there.
  private mutating func put(escaped text: UnsafeRawBufferPointer) -> Int {
    let byte = text[0]
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): put(escaped: byte)
    case 0x08: put(escaped: UInt8(ascii: "b"))
    case 0x09: put(escaped: UInt8(ascii: "t"))
    case 0x0a: put(escaped: UInt8(ascii: "n"))
    case 0x0c: put(escaped: UInt8(ascii: "f"))
    case 0x0d: put(escaped: UInt8(ascii: "r"))
    case ..<0x20: put(escaped: UInt16(byte))
    default:
      let (scalar, count) = scalar(at: text)
      for unit in scalar.utf16 { put(escaped: unit) }
      return count
    }
    return 1
  }

  private mutating func put(escaped letter: UInt8) {
    sink.put(UInt8(ascii: "\\"))
    sink.put(letter)
  }

  private mutating func put(escaped unit: UInt16) {
    let digits: StaticString = "0123456789abcdef"
    put(escaped: UInt8(ascii: "u"))
    for shift: UInt16 in [12, 8, 4, 0] { sink.put(digits.utf8Start[Int(unit >> shift & 0xf)]) }
  }
}

/// The size of JSON without escapes but those that must be: the same for every way a value came in.
struct JSONSize: JSONOutput {
  var count = 0

  mutating func put(_ ascii: Unicode.Scalar) { count += 1 }

  mutating func put(_ word: String) { count += word.utf8.count }

  mutating func put(base64 bytes: UnsafeRawBufferPointer) { count += (bytes.count + 2) / 3 * 4 + 2 }

  mutating func put(quoted text: UnsafeRawBufferPointer) {
    count += text.count + 2
    var offset = 0
    while true {
      offset += plainCount(text, from: offset, isASCII: false)
      if offset == text.count { return }
      switch text[offset] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0a, 0x0c, 0x0d: count += 1
      default: count += 5
      }
      offset += 1
    }
  }
}

/// The character that valid UTF-8 that is not ASCII begins with, and its bytes.
private func scalar(at text: UnsafeRawBufferPointer) -> (Unicode.Scalar, Int) {
  let head = UInt32(text[0])
  let count = head < 0xe0 ? 2 : head < 0xf0 ? 3 : 4
  var value = head & (0x7f >> UInt32(count))
  for index in 1..<count { value = value << 6 | UInt32(text[index] & 0x3f) }
  return (Unicode.Scalar(value)!, count)
}
