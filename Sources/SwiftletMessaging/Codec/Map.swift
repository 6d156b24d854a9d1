// SPDX-License-Identifier: Apache-2.0

extension Value {
  /// A map of either encoding: entries in order, keys unique.
  public struct Map: Sendable, Hashable {
    /// MessagePack takes bin as a key too; it is never equal to a string.
    ///
    /// Keys are equal when their bytes are: a `String` by itself takes two spellings of one character
    /// for the same.
    public enum Key: Sendable, Hashable {
      case string(String)
      case binary([UInt8])

      public static func == (one: Key, other: Key) -> Bool {
        switch (one, other) {
        case (.string(let one), .string(let other)): one.hasSameBytes(as: other)
        case (.binary(let one), .binary(let other)): one == other
        default: false
        }
      }

      public func hash(into hasher: inout Hasher) {
        switch self {
        case .string(let text):
          text.utf8.span.withUnsafeBytes { hasher.combine(bytes: $0) }
        case .binary(let bytes):
          hasher.combine(bytes)
        }
      }
    }

    public struct Entry: Sendable, Hashable {
      public let key: Key
      public internal(set) var value: Value
    }

    public private(set) var entries: [Entry]

    public init() { entries = [] }

    /// Entries whose keys are unique.
    init(unique entries: [Entry]) { self.entries = entries }

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }

    /// The value of a string key. Maps on the wire are short: a walk beats hashing.
    public subscript(_ key: String) -> Value? {
      for index in entries.indices {
        if case .string(let text) = entries[index].key, text.hasSameBytes(as: key) {
          return entries[index].value
        }
      }
      return nil
    }

    /// Adds an entry. Of equal keys the last wins, at the place of the first.
    public mutating func set(_ key: Key, _ value: Value) {
      if let place = entries.firstIndex(where: { $0.key == key }) {
        entries[place].value = value
      } else {
        entries.append(Entry(key: key, value: value))
      }
    }

    /// Room for this many entries in all.
    mutating func reserve(_ count: Int) { entries.reserveCapacity(count) }

    mutating func set(_ key: String, _ value: Value) { set(.string(key), value) }
  }
}
