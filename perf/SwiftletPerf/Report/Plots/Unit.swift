// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What a number counts, and how people write it.
enum Unit: Sendable, Hashable {
  /// Nanoseconds.
  case time
  case bytes
  /// A second.
  case rate
  /// 1 is all of it.
  case share
  /// So many of what is named, or a bare number where nothing is.
  case count(String)

  /// With its unit and three digits, or more where it is a whole number before the point.
  func text(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    switch self {
    case .time, .bytes:
      let (number, unit) = step(value, by: 1000, steps)
      let isWhole = number == 0 || (unit == steps[0] && number == number.rounded())
      return (isWhole ? number.plain : number.inThreeDigits) + " \(unit)"
    case .rate: return "\(digits(value))/s"
    case .share: return (100 * value).plain + " %"
    case .count(let name): return name.isEmpty ? digits(value) : "\(digits(value)) \(name)"
    }
  }

  /// As beside an axis, short: 12k, 5M.
  func tick(_ value: Double) -> String {
    switch self {
    case .rate, .count:
      let (number, unit) = step(value, by: 1000, ["", "k", "M", "G", "T"])
      return number.plain + unit
    case .time, .bytes:
      let (number, unit) = step(value, by: 1000, steps)
      return number == 0 ? "0" : "\(number.plain) \(unit)"
    case .share: return text(value)
    }
  }

  /// What axis titles say behind a name: nothing where each tick says it.
  var suffix: String {
    switch self {
    case .time, .bytes, .share: ""
    case .rate: " (a second)"
    case .count(let name): name.isEmpty ? "" : " (\(name))"
    }
  }

  private var steps: [String] {
    self == .time ? ["ns", "µs", "ms", "s"] : ["B", "kB", "MB", "GB"]
  }

  /// The value in the unit in which it has one to three digits before the point.
  private func step(_ value: Double, by factor: Double, _ units: [String]) -> (Double, String) {
    var number = value
    var index = 0
    // 999.6 would be written 1000.
    while abs(number) >= factor - 0.5, index < units.count - 1 {
      number /= factor
      index += 1
    }
    return (number, units[index])
  }

  private func digits(_ value: Double) -> String {
    abs(value) < 10_000 ? value.plain : value.rounded(toPlaces: 0).grouped
  }
}

extension Unit {
  /// As results name units; times have a factor to nanoseconds.
  static func named(_ name: String) -> (unit: Unit, factor: Double) {
    switch name {
    case "ns": (.time, 1)
    case "µs", "us": (.time, 1e3)
    case "ms": (.time, 1e6)
    case "s": (.time, 1e9)
    case "B", "bytes": (.bytes, 1)
    case "/s": (.rate, 1)
    default: (.count(name), 1)
    }
  }
}

extension Double {
  fileprivate var inThreeDigits: String {
    self == 0 ? "0" : (self < 0 ? "-" : "") + abs(self).rounded(toDigits: 3)
  }

  /// The same without zeros at the end that say nothing.
  fileprivate var plain: String {
    let text = inThreeDigits
    guard text.contains(".") else { return text }
    let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return String(trimmed.reversed())
  }
}

extension String {
  /// A whole number with commas between its thousands.
  var grouped: String {
    var text = ""
    for (index, character) in reversed().enumerated() {
      if index > 0, index % 3 == 0, character != "-" { text.append(",") }
      text.append(character)
    }
    return String(text.reversed())
  }
}
