// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication

/// MessagePack's timestamp (spec.md, "Timestamp extension type"), of the years that RFC 3339 can say.
struct Timestamp {
  /// The type of its ext.
  static let type: Int8 = -1

  private let time: UTCTime
  private let nanoseconds: UInt32

  /// From one of the three sizes there are. nil for any other, for nanoseconds that are a second or
  /// more, and for other years.
  init?(_ data: UnsafeRawBufferPointer) {
    let seconds: Int64
    switch data.count {
    case 4:
      nanoseconds = 0
      seconds = Int64(UInt32(bigEndian: data.loadUnaligned(as: UInt32.self)))
    case 8:
      let both = UInt64(bigEndian: data.loadUnaligned(as: UInt64.self))
      nanoseconds = UInt32(both >> 34)
      seconds = Int64(both & (1 << 34 - 1))
    case 12:
      nanoseconds = UInt32(bigEndian: data.loadUnaligned(as: UInt32.self))
      seconds = Int64(bigEndian: data.loadUnaligned(fromByteOffset: 4, as: Int64.self))
    default: return nil
    }
    time = UTCTime(seconds: seconds)
    guard nanoseconds < 1_000_000_000, Self.times.contains(seconds) else { return nil }
  }

  /// Seconds since 1970 of the years 0000 to 9999.
  private static let times = -62_167_219_200...UTCTime.last.seconds

  /// As RFC 3339 writes it, with as many digits of a second as are not zero.
  var text: String {
    if nanoseconds == 0 { return time.text + "Z" }
    var digits = String(1_000_000_000 + nanoseconds).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(time.text).\(digits)Z"
  }
}
