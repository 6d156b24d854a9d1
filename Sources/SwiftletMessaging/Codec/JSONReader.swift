// SPDX-License-Identifier: Apache-2.0

/// A recursive descent over one JSON text (RFC 8259).
struct JSONReader: ~Copyable {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The next value and the white space around it.
  mutating func value(depth: Int) throws(DecodeError) -> Value {
    guard depth <= JSON.maxDepth else {
      throw DecodeError("RecursionError", "maximum recursion depth exceeded")
    }
    skipSpace()
    let value: Value
    switch peek {
    case UInt8(ascii: "{"): value = try object(depth)
    case UInt8(ascii: "["): value = try array(depth)
    case UInt8(ascii: "\""): value = .string(try string())
    case UInt8(ascii: "t"): value = try word("true", .bool(true))
    case UInt8(ascii: "f"): value = try word("false", .bool(false))
    case UInt8(ascii: "n"): value = try word("null", .null)
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): value = try number()
    default: throw failure("Expecting value")
    }
    skipSpace()
    return value
  }

  func end() throws(DecodeError) {
    guard offset == bytes.count else { throw failure("Extra data") }
  }

  private mutating func object(_ depth: Int) throws(DecodeError) -> Value {
    offset += 1
    var map = Value.Map()
    skipSpace()
    if take("}") { return .map(map) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else {
        throw failure("Expecting property name enclosed in double quotes")
      }
      let name = try string()
      skipSpace()
      guard take(":") else { throw failure("Expecting ':' delimiter") }
      map.set(.string(name), try value(depth: depth + 1))
    } while take(",")
    guard take("}") else { throw failure("Expecting ',' delimiter") }
    return .map(map)
  }

  private mutating func array(_ depth: Int) throws(DecodeError) -> Value {
    offset += 1
    var elements: [Value] = []
    skipSpace()
    if take("]") { return .array(elements) }
    repeat { elements.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw failure("Expecting ',' delimiter") }
    return .array(elements)
  }

  private mutating func word(_ word: StaticString, _ value: Value) throws(DecodeError) -> Value {
    for index in 0..<word.utf8CodeUnitCount {
      guard peek == word.utf8Start[index] else { throw failure("Expecting value") }
      offset += 1
    }
    return value
  }

  // MARK: Numbers

  private mutating func number() throws(DecodeError) -> Value {
    let start = offset
    let isNegative = take("-")
    var magnitude: UInt64 = 0
    var fits = true
    let first = offset
    while let digit = digit() {
      let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
      fits = fits && !overflow && !carry
      magnitude = sum
    }
    guard offset > first, offset == first + 1 || bytes[first] != UInt8(ascii: "0") else {
      throw failure("Expecting value")
    }
    if peek == UInt8(ascii: ".") || peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      return try fraction(from: start)
    }
    if fits {
      if !isNegative { return Int64(exactly: magnitude).map { .int($0) } ?? .uint(magnitude) }
      if magnitude <= Int64.min.magnitude { return .int(Int64(truncatingIfNeeded: 0 &- magnitude)) }
    }
    throw failure("Integer value out of range")
  }

  /// What follows the whole part of a number that began at `start`.
  private mutating func fraction(from start: Int) throws(DecodeError) -> Value {
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    let text = String(
      decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
    guard let number = Double(text), number.isFinite else { throw failure("Number out of range") }
    return .double(number)
  }

  private mutating func digits() throws(DecodeError) {
    guard digit() != nil else { throw failure("Expecting a digit") }
    while digit() != nil {}
  }

  private mutating func digit() -> UInt8? {
    guard let byte = peek, byte &- UInt8(ascii: "0") < 10 else { return nil }
    offset += 1
    return byte - UInt8(ascii: "0")
  }

  // MARK: Strings

  private mutating func string() throws(DecodeError) -> String {
    offset += 1
    let start = offset
    skipPlain()
    if peek == UInt8(ascii: "\"") {
      defer { offset += 1 }
      return try text(UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
    }
    return try escapedString(from: start)
  }

  /// A string that has at least one escape; plain bytes from `start` on are passed already.
  private mutating func escapedString(from start: Int) throws(DecodeError) -> String {
    var unescaped: [UInt8] = []
    var start = start
    while true {
      unescaped.append(contentsOf: bytes[start..<offset])
      if take("\"") { return try text(unescaped) }
      guard take("\\") else {
        throw failure(peek == nil ? "Unterminated string" : "Invalid control character")
      }
      try escape(into: &unescaped)
      start = offset
      skipPlain()
    }
  }

  private mutating func escape(into unescaped: inout [UInt8]) throws(DecodeError) {
    guard let byte = peek else { throw failure("Unterminated string") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
    case UInt8(ascii: "b"): unescaped.append(0x08)
    case UInt8(ascii: "f"): unescaped.append(0x0c)
    case UInt8(ascii: "n"): unescaped.append(0x0a)
    case UInt8(ascii: "r"): unescaped.append(0x0d)
    case UInt8(ascii: "t"): unescaped.append(0x09)
    case UInt8(ascii: "u"):
      guard let scalar = try scalar() else { throw failure("Unpaired surrogate") }
      unescaped.append(contentsOf: UTF8.encode(scalar)!)
    default: throw failure("Invalid \\escape")
    }
  }

  /// The character of one or two `\u` escapes; nil when it is half a pair.
  private mutating func scalar() throws(DecodeError) -> Unicode.Scalar? {
    let unit = try codeUnit()
    if !UTF16.isLeadSurrogate(unit) { return Unicode.Scalar(unit) }
    guard take("\\"), take("u") else { return nil }
    let trail = try codeUnit()
    guard UTF16.isTrailSurrogate(trail) else { return nil }
    return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
  }

  private mutating func codeUnit() throws(DecodeError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("Invalid \\uXXXX escape")
      }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }

  private func text(_ bytes: some Sequence<UInt8>) throws(DecodeError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DecodeError("UnicodeDecodeError", "invalid UTF-8 in a string")
    }
    return text
  }

  /// Goes to the next quote, backslash or control character of a string, or to the end.
  private mutating func skipPlain() {
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      offset += 1
    }
  }

  // MARK: Bytes

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      offset += 1
    }
  }

  private func failure(_ what: String) -> DecodeError {
    DecodeError("JSONDecodeError", "\(what): char \(offset)")
  }
}
