// SPDX-License-Identifier: Apache-2.0

import CPlatform

/// Writes replies into memory of fixed size without an allocation. Whoever makes one gives it room
/// enough for what is written; more is a programming error and traps.
struct ByteWriter: ~Copyable {
  private let buffer: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(_ buffer: UnsafeMutableRawBufferPointer) {
    self.buffer = buffer
  }

  var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<count]) }

  mutating func byte(_ byte: UInt8) {
    buffer[count] = byte
    count += 1
  }

  mutating func text(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { byte(text.utf8Start[index]) }
  }

  mutating func text(_ text: String) {
    for unit in text.utf8 { byte(unit) }
  }

  mutating func integer(_ value: some BinaryInteger) {
    if value < 0 { byte(UInt8(ascii: "-")) }
    digits(UInt64(value.magnitude), atLeast: 1)
  }

  /// Decimal digits, with leading zeros up to a width.
  mutating func digits(_ value: UInt64, atLeast width: Int) {
    var rest = value
    var size = 0
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      repeat {
        digits[size] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
        size += 1
      } while rest > 0
      for _ in size..<max(size, width) { byte(UInt8(ascii: "0")) }
      for index in (0..<size).reversed() { byte(digits[index]) }
    }
  }

  /// A number as Python prints it: `repr` of a float, or with `single` of a numpy.float32. The
  /// shortest digits that read back the same, an exponent below 1e-4 and from 1e16 on.
  mutating func python(_ value: Double, single: Bool = false) {
    if value.isNaN { return text("nan") }
    if value.sign == .minus { byte(UInt8(ascii: "-")) }
    let magnitude = value.magnitude
    if magnitude.isInfinite { return text("inf") }
    if magnitude == 0 { return text("0.0") }
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 17) { digits in
      var exponent: Int32 = 0
      let count = Int(
        platform_shortest_digits(magnitude, single ? 1 : 0, digits.baseAddress, &exponent))
      place(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: digits[..<count])), Int(exponent))
    }
  }

  /// Sets the point among digits whose first stands for 10^`exponent`.
  private mutating func place(_ digits: UnsafeRawBufferPointer, _ exponent: Int) {
    if exponent < -4 || exponent >= 16 {
      byte(digits[0])
      if digits.count > 1 {
        byte(UInt8(ascii: "."))
        for digit in digits.dropFirst() { byte(digit) }
      }
      byte(UInt8(ascii: "e"))
      byte(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      self.digits(UInt64(exponent.magnitude), atLeast: 2)
    } else if exponent < 0 {
      text("0.")
      for _ in 0..<(-exponent - 1) { byte(UInt8(ascii: "0")) }
      for digit in digits { byte(digit) }
    } else {
      for index in 0...exponent { byte(index < digits.count ? digits[index] : UInt8(ascii: "0")) }
      byte(UInt8(ascii: "."))
      if digits.count <= exponent + 1 { byte(UInt8(ascii: "0")) }
      for digit in digits.dropFirst(exponent + 1) { byte(digit) }
    }
  }
}
