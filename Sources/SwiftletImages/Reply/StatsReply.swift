// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletServer

/// Writes what a `/stats` client gets back, in its reply format.
extension ByteWriter {
  /// Room that any reply but an error needs no more than.
  static let replyCapacity = 512

  /// The line the first experiment printed: bytes, shape, max, min, mean, median as numpy shows them.
  mutating func textReply(
    bytes: Int, _ statistics: ImageStatistics, _ options: StatsOptions
  ) {
    text("Received: ")
    integer(bytes)
    text(", (")
    if let shape = options.shape {
      integer(shape.rows)
      text(", ")
      integer(shape.columns)
    } else {
      integer(statistics.count)
      text(",")
    }
    text("), ")
    sample(statistics.max, options.format)
    text(", ")
    sample(statistics.min, options.format)
    text(", ")
    python(statistics.mean, single: options.format == .f32)
    text(", ")
    python(statistics.median, single: options.format == .f32)
  }

  /// A pixel's value as numpy prints a scalar of its type.
  private mutating func sample(_ value: Double, _ format: PixelFormat) {
    switch format {
    case .u8, .u16: integer(Int(value))
    case .f32: python(value, single: true)
    case .f64: python(value)
    }
  }

  /// A pixel's value in JSON or CSV, an integer where the format has integers.
  mutating func plain(_ value: Double, _ format: PixelFormat, missing: StaticString) {
    if !value.isFinite { return text(missing) }
    switch format {
    case .u8, .u16: integer(Int(value))
    case .f32, .f64: python(value)
    }
  }

  mutating func number(_ value: Double, missing: StaticString = "null") {
    if value.isFinite { python(value) } else { text(missing) }
  }

  mutating func jsonReply(bytes: Int, _ statistics: ImageStatistics, _ options: StatsOptions) {
    text("{\"bytes\":")
    integer(bytes)
    text(",\"shape\":")
    jsonShape(options.shape, count: statistics.count)
    text(",\"min\":")
    plain(statistics.min, options.format, missing: "null")
    text(",\"max\":")
    plain(statistics.max, options.format, missing: "null")
    text(",\"mean\":")
    number(statistics.mean)
    text(",\"median\":")
    number(statistics.median)
    text("}")
  }

  mutating func jsonShape(_ shape: StatsOptions.Shape?, count: Int) {
    text("[")
    if let shape {
      integer(shape.rows)
      text(",")
      integer(shape.columns)
    } else {
      integer(count)
    }
    text("]")
  }

  mutating func messagePackReply(
    bytes: Int, _ statistics: ImageStatistics, _ options: StatsOptions
  ) {
    packMap(6)
    pack("bytes")
    pack(UInt64(bytes))
    pack("shape")
    if let shape = options.shape {
      packArray(2)
      pack(UInt64(shape.rows))
      pack(UInt64(shape.columns))
    } else {
      packArray(1)
      pack(UInt64(statistics.count))
    }
    let isInteger = options.format == .u8 || options.format == .u16
    pack("min")
    if isInteger { pack(UInt64(statistics.min)) } else { pack(statistics.min) }
    pack("max")
    if isInteger { pack(UInt64(statistics.max)) } else { pack(statistics.max) }
    pack("mean")
    pack(statistics.mean)
    pack("median")
    pack(statistics.median)
  }

  /// The reply of `mode=ack`: the bytes that arrived, and but for text the id of the result to come.
  mutating func acknowledgement(bytes: Int, id: UInt64, _ format: StatsOptions.ReplyFormat) {
    switch format {
    case .text:
      text("Received: ")
      integer(bytes)
    case .json:
      text("{\"bytes\":")
      integer(bytes)
      text(",\"id\":")
      integer(id)
      text("}")
    case .msgpack:
      packMap(2)
      pack("bytes")
      pack(UInt64(bytes))
      pack("id")
      pack(id)
    }
  }

  /// Room an error with this sentence needs no more than.
  static func errorCapacity(_ sentence: String) -> Int { sentence.utf8.count + 32 }

  /// `sentence` must have neither quotes nor control characters, and fewer than 256 bytes.
  mutating func error(_ sentence: String, _ format: StatsOptions.ReplyFormat) {
    switch format {
    case .text:
      text("Error: ")
      text(sentence)
    case .json:
      text("{\"error\":\"")
      text(sentence)
      text("\"}")
    case .msgpack:
      packMap(1)
      pack("error")
      byte(0xd9)
      byte(UInt8(sentence.utf8.count))
      text(sentence)
    }
  }
}

/// The few forms of MessagePack the replies need (msgpack.org, spec.md).
extension ByteWriter {
  mutating func packMap(_ count: UInt8) { byte(0x80 | count) }
  mutating func packArray(_ count: UInt8) { byte(0x90 | count) }

  /// A string of at most 31 bytes.
  mutating func pack(_ text: StaticString) {
    byte(0xa0 | UInt8(text.utf8CodeUnitCount))
    self.text(text)
  }

  mutating func pack(_ value: UInt64) {
    switch value {
    case 0...0x7f: byte(UInt8(value))
    case ...0xff: packed(0xcc, value, 1)
    case ...0xffff: packed(0xcd, value, 2)
    case ...0xffff_ffff: packed(0xce, value, 4)
    default: packed(0xcf, value, 8)
    }
  }

  mutating func pack(_ value: Double) { packed(0xcb, value.bitPattern, 8) }

  private mutating func packed(_ type: UInt8, _ value: UInt64, _ size: Int) {
    byte(type)
    for shift in (0..<size).reversed() { byte(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
  }
}
