// SPDX-License-Identifier: Apache-2.0

/// A time of the years 0000 to 9999 in whole seconds since 1970.
public struct UTCTime: Sendable, Hashable {
  public var seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  /// The last second of the year 9999.
  package static let last = UTCTime(seconds: 253_402_300_799)

  /// `YYYY-MM-DDTHH:MM:SS` with an optional fraction, which is dropped, and an optional zone: `Z`,
  /// `+HH:MM`, `+HHMM` or `+HH`. Without one it is UTC.
  public init?(iso8601 text: String) {
    self.init(text, needsZone: false)
  }

  /// The same with a zone, as RFC 3339 has it.
  public init?(rfc3339 text: String) {
    self.init(text, needsZone: true)
  }

  private init?(_ text: String, needsZone: Bool) {
    var text = Substring(text).utf8
    guard let year = UTCTime.number(&text, digits: 4), UTCTime.take("-", &text),
      let month = UTCTime.number(&text, digits: 2), UTCTime.take("-", &text),
      let day = UTCTime.number(&text, digits: 2),
      UTCTime.take("T", &text) || UTCTime.take("t", &text) || UTCTime.take(" ", &text),
      let hour = UTCTime.number(&text, digits: 2), UTCTime.take(":", &text),
      let minute = UTCTime.number(&text, digits: 2), UTCTime.take(":", &text),
      let second = UTCTime.number(&text, digits: 2),
      1...12 ~= month, 1...UTCTime.days(inMonth: month, of: year) ~= day, hour < 24, minute < 60,
      second <= 60
    else { return nil }
    if UTCTime.take(".", &text) {
      let fraction = text.prefix { 0x30...0x39 ~= $0 }
      guard !fraction.isEmpty else { return nil }
      text = text.dropFirst(fraction.count)
    }
    guard let zone = UTCTime.zone(text, isRequired: needsZone) else { return nil }
    let days = UTCTime.days(year: year, month: month, day: day)
    seconds = days * 86400 + hour * 3600 + minute * 60 + second - zone
  }

  /// `YYYY-MM-DDTHH:MM:SS`, in UTC.
  public var text: String {
    let (year, month, day) = UTCTime.date(ofDay: seconds.floored(by: 86400))
    let second = seconds - seconds.floored(by: 86400) * 86400
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let digits = String(year)
    let padding = String(repeating: "0", count: max(0, 4 - digits.count))
    return "\(padding)\(digits)-\(two(month))-\(two(day))"
      + "T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
  }

  // MARK: - Reading

  private static func number(_ text: inout Substring.UTF8View, digits: Int) -> Int64? {
    let part = text.prefix(digits)
    guard part.count == digits, part.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    text = text.dropFirst(digits)
    return part.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  private static func take(_ character: Unicode.Scalar, _ text: inout Substring.UTF8View) -> Bool {
    guard text.first == UInt8(ascii: character) else { return false }
    text = text.dropFirst()
    return true
  }

  /// The zone that all of `text` names, in seconds east of UTC.
  private static func zone(_ text: Substring.UTF8View, isRequired: Bool) -> Int64? {
    var text = text
    if text.isEmpty { return isRequired ? nil : 0 }
    if take("Z", &text) || take("z", &text) { return text.isEmpty ? 0 : nil }
    let sign: Int64
    if take("+", &text) {
      sign = 1
    } else if take("-", &text) {
      sign = -1
    } else {
      return nil
    }
    guard let hours = number(&text, digits: 2), hours < 24 else { return nil }
    if text.isEmpty && !isRequired { return sign * hours * 3600 }
    guard take(":", &text) || !isRequired, let minutes = number(&text, digits: 2), minutes < 60,
      text.isEmpty
    else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  // MARK: - The calendar

  private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// Days from 1970-01-01. Years are counted from March, so that the leap day is the last of one; 400
  /// of them are 146,097 days.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month > 2 ? year : year - 1
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return year * 365 + year.floored(by: 4) - year.floored(by: 100) + year.floored(by: 400)
      + dayOfYear - 719_468
  }

  private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let day = day + 719_468
    let era = day.floored(by: 146_097)
    let dayOfEra = day - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = era * 400 + yearOfEra + (month >= 10 ? 1 : 0)
    return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
  }
}

extension Int64 {
  /// The quotient rounded down.
  fileprivate func floored(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
