// SPDX-License-Identifier: Apache-2.0

/// JSON (RFC 8259) to and from values.
public enum JSON {
  /// Arrays and objects within one another.
  static let maxDepth = 990

  /// One value and nothing behind it but white space. Of equal names the last wins. Refused, though
  /// some parsers take them: a byte order mark, NaN and Infinity, whole numbers beyond 64 bits, numbers
  /// beyond a double's range, and surrogates without their other half.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> Value {
    var reader = JSONReader(bytes)
    let value = try reader.value(depth: 0)
    try reader.end()
    return value
  }
}
