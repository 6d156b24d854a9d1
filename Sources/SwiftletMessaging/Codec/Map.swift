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

    public private(set) var entries: [(key: Key, value: Value)] = []
    /// Where the keys are, once there are so many that a walk over them would be slow: a request of a
    /// hundred thousand keys must not cost their square.
    private var places: [Key: Int]?
    private static let mostWithoutPlaces = 16

    public init() {}

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }

    /// The value of a string key.
    public subscript(_ key: String) -> Value? {
      place(of: .string(key)).map { entries[$0].value }
    }

    /// Adds an entry. Of equal keys the last wins, at the place of the first.
    public mutating func set(_ key: Key, _ value: Value) {
      if let place = place(of: key) {
        entries[place].value = value
        return
      }
      entries.append((key, value))
      if places != nil {
        places![key] = entries.count - 1
      } else if entries.count > Self.mostWithoutPlaces {
        places = Dictionary(uniqueKeysWithValues: zip(entries.lazy.map(\.key), 0...))
      }
    }

    mutating func set(_ key: String, _ value: Value) { set(.string(key), value) }

    /// Room for this many entries in all.
    mutating func reserve(_ count: Int) { entries.reserveCapacity(count) }

    private func place(of key: Key) -> Int? {
      if let places { return places[key] }
      return entries.firstIndex { $0.key == key }
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

extension String {
  /// Whether both are the same UTF-8: what the wire means by equal.
  func hasSameBytes(as other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    return utf8.elementsEqual(other.utf8)
  }
}
