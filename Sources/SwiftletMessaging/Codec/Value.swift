// SPDX-License-Identifier: Apache-2.0

/// One value of JSON or MessagePack, without loss of what either can say.
public enum Value: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  /// A whole number above `Int64.max`; smaller ones are ``int(_:)``, so that equal numbers are equal.
  case uint(UInt64)
  /// MessagePack's float 32; JSON has none.
  case float(Float)
  case double(Double)
  case string(String)
  /// MessagePack's bin.
  case binary([UInt8])
  case array([Value])
  case map(Map)
  /// MessagePack's ext, of which type -1 is the timestamp.
  case ext(Int8, [UInt8])
  /// A value that is MessagePack already, proved valid: what a store keeps. Codecs write it and never
  /// read it.
  case packed([UInt8])
}

extension Value: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral
{
  public init(dictionaryLiteral entries: (String, Value)...) {
    var map = Map()
    map.reserve(entries.count)
    for (key, value) in entries { map.set(.string(key), value) }
    self = .map(map)
  }
  public init(arrayLiteral elements: Value...) { self = .array(elements) }
  public init(stringLiteral text: String) { self = .string(text) }
  public init(integerLiteral number: Int64) { self = .int(number) }
  public init(booleanLiteral bool: Bool) { self = .bool(bool) }
  public init(nilLiteral: ()) { self = .null }
}
