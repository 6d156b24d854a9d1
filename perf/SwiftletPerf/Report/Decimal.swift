// SPDX-License-Identifier: Apache-2.0

internal import Glibc

extension Double {
  /// A share in whole percents, with the sign.
  var asPercent: String { (100 * self).rounded(toPlaces: 0) + " %" }

  /// In decimal with that many places after the point.
  func rounded(toPlaces places: Int) -> String {
    let unit = Glibc.pow(10, Double(places))
    guard isFinite, unit < 0x1p53, abs(self) * unit < 0x1p53 else { return "\(self)" }
    let scaled = Int((abs(self) * unit).rounded())
    let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: Int(unit))
    let sign = self < 0 && scaled != 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(whole)" }
    let digits = String(fraction)
    return "\(sign)\(whole)." + String(repeating: "0", count: places - digits.count) + digits
  }

  /// In decimal with that many significant digits, but never less than the whole number.
  func rounded(toDigits digits: Int) -> String {
    guard isFinite, self > 0 else { return "\(self)" }
    let places = digits - 1 - Int(Glibc.log10(self).rounded(.down))
    // 9.996 is 10.0.
    let isNextPower = self * Glibc.pow(10, Double(places)) >= Glibc.pow(10, Double(digits)) - 0.5
    return rounded(toPlaces: Swift.max(0, isNextPower ? places - 1 : places))
  }
}
