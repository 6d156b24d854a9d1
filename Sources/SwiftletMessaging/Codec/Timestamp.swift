// SPDX-License-Identifier: Apache-2.0

/// MessagePack's timestamp: seconds since 1970, UTC without leap seconds.
struct Timestamp: CustomStringConvertible {
  /// The type of its ext.
  static let type: Int8 = -1

  var seconds: Int64
  var nanoseconds: UInt32

  /// The three sizes there are; nil for any other, and for nanoseconds that are none.
  init?(_ data: UnsafeRawBufferPointer) {
    switch data.count {
    case 4:
      seconds = Int64(UInt32(bigEndian: data.loadUnaligned(as: UInt32.self)))
      nanoseconds = 0
    case 8:
      let both = UInt64(bigEndian: data.loadUnaligned(as: UInt64.self))
      seconds = Int64(both & 0x3_ffff_ffff)
      nanoseconds = UInt32(both >> 34)
    case 12:
      nanoseconds = UInt32(bigEndian: data.loadUnaligned(as: UInt32.self))
      seconds = Int64(bigEndian: data.loadUnaligned(fromByteOffset: 4, as: Int64.self))
    default: return nil
    }
    guard nanoseconds < 1_000_000_000, (Self.yearZero..<Self.year10000).contains(seconds) else {
      return nil
    }
  }

  /// RFC 3339 has years of four digits.
  private static let yearZero: Int64 = -62_167_219_200
  private static let year10000: Int64 = 253_402_300_800

  /// As RFC 3339 writes it, with as many digits of a second as are not zero.
  var description: String {
    let days = Int(seconds.quotient(floor: 86_400))
    let second = Int(seconds - Int64(days) * 86_400)
    let date = Self.date(days)
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
    let year = String(repeating: "0", count: 4 - String(date.year).count) + String(date.year)
    return "\(year)-\(two(date.month))-\(two(date.day))"
      + "T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))\(fraction)Z"
  }

  private var fraction: String {
    if nanoseconds == 0 { return "" }
    let digits = String(nanoseconds)
    var padded = String(repeating: "0", count: 9 - digits.count) + digits
    while padded.last == "0" { padded.removeLast() }
    return "." + padded
  }

  /// The day of the Gregorian calendar, so many days after 1970-01-01.
  private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
    // Years that begin in March, so that a leap day is a year's last; 400 of them are 146,097 days.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }
}

extension Int64 {
  fileprivate func quotient(floor divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
