// SPDX-License-Identifier: Apache-2.0

extension Value {
  /// A map in the making, of keys that a client chose: a hundred thousand of them must not cost their
  /// square.
  struct MapBuilder: ~Copyable {
    private var entries: [Map.Entry] = []
    /// Where the keys are, once there are many.
    private var places: [Map.Key: Int]?
    private static let mostWithoutPlaces = 16

    init(room: Int) { entries.reserveCapacity(room) }

    consuming func finish() -> Map { Map(unique: entries) }

    mutating func set(_ key: Map.Key, _ value: Value) {
      if let place = place(of: key) {
        entries[place].value = value
        return
      }
      places?[key] = entries.count
      entries.append(Map.Entry(key: key, value: value))
      if entries.count == Self.mostWithoutPlaces {
        places = Dictionary(uniqueKeysWithValues: zip(entries.lazy.map(\.key), 0...))
      }
    }

    private func place(of key: Map.Key) -> Int? {
      if let places { return places[key] }
      for index in entries.indices where entries[index].key == key { return index }
      return nil
    }
  }
}
