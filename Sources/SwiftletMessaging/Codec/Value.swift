// SPDX-License-Identifier: Apache-2.0

/// One value of JSON or MessagePack, without loss of what either can say.
public indirect enum Value: Sendable, Hashable {
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

  /// A map of either encoding: entries in order, keys unique.
  public struct Map: Sendable, Hashable {
    /// MessagePack takes bin as a key too; it is never equal to a string.
    public enum Key: Sendable, Hashable {
      case string(String)
      case binary([UInt8])
    }

    public private(set) var entries: [(key: Key, value: Value)] = []

    public init() {}

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }

    /// The value of a string key. Maps on the wire are short: a walk beats hashing.
    public subscript(_ key: String) -> Value? {
      for entry in entries { if case .string(key) = entry.key { return entry.value } }
      return nil
    }

    /// Adds an entry. Of equal keys the last wins, at the place of the first.
    public mutating func set(_ key: Key, _ value: Value) {
      for index in entries.indices where entries[index].key == key {
        entries[index].value = value
        return
      }
      entries.append((key, value))
    }

    public static func == (one: Map, other: Map) -> Bool {
      one.entries.elementsEqual(other.entries) { $0.key == $1.key && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) {
      for entry in entries {
        hasher.combine(entry.key)
        hasher.combine(entry.value)
      }
    }
  }
}

extension Value: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral
{
  public init(dictionaryLiteral entries: (String, Value)...) {
    var map = Map()
    for (key, value) in entries { map.set(.string(key), value) }
    self = .map(map)
  }
  public init(arrayLiteral elements: Value...) { self = .array(elements) }
  public init(stringLiteral text: String) { self = .string(text) }
  public init(integerLiteral number: Int64) { self = .int(number) }
  public init(booleanLiteral bool: Bool) { self = .bool(bool) }
  public init(nilLiteral: ()) { self = .null }
}
