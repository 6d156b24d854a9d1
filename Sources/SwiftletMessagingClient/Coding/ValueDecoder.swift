// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

extension Value {
  /// This value as a type of one's own.
  func decode<Body: Decodable>(_ type: Body.Type, at path: [any CodingKey] = []) throws -> Body {
    guard let scalar = type as? any Scalar.Type else {
      return try Body(from: ValueDecoder(value: self, codingPath: path))
    }
    guard let body = scalar.init(self) as? Body else {
      throw DecodingError.typeMismatch(
        type, .init(codingPath: path, debugDescription: "this is no \(type), or none it can hold"))
    }
    return body
  }
}

private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
  let value: Value
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .map(let map) = value else { throw mismatch("a map") }
    return KeyedDecodingContainer(MapDecoder<Key>(map: map, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw mismatch("an array") }
    return ArrayDecoder(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { value == .null }

  func decode<Body: Decodable>(_ type: Body.Type) throws -> Body {
    try value.decode(type, at: codingPath)
  }

  private func mismatch(_ wanted: String) -> DecodingError {
    .typeMismatch(
      Value.self, .init(codingPath: codingPath, debugDescription: "this is not \(wanted)"))
  }
}

private struct MapDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let map: Value.Map
  let codingPath: [any CodingKey]

  var allKeys: [Key] {
    map.entries.compactMap { entry in
      if case .string(let text) = entry.key { Key(stringValue: text) } else { nil }
    }
  }

  func contains(_ key: Key) -> Bool { map[key.stringValue] != nil }
  func decodeNil(forKey key: Key) throws -> Bool { try value(key) == .null }

  func decode<Body: Decodable>(_ type: Body.Type, forKey key: Key) throws -> Body {
    try value(key).decode(type, at: codingPath + [key])
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try decoder(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try decoder(PlaceKey.superclass) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

  private func value(_ key: some CodingKey) throws -> Value {
    guard let value = map[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath, debugDescription: "there is no \(key.stringValue)"))
    }
    return value
  }

  private func decoder(_ key: some CodingKey) throws -> ValueDecoder {
    ValueDecoder(value: try value(key), codingPath: codingPath + [key])
  }
}

private struct ArrayDecoder: UnkeyedDecodingContainer {
  let elements: [Value]
  let codingPath: [any CodingKey]
  var currentIndex = 0

  init(elements: [Value], codingPath: [any CodingKey]) {
    self.elements = elements
    self.codingPath = codingPath
  }

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Body: Decodable>(_ type: Body.Type) throws -> Body {
    let body = try current().decode(type, at: place)
    currentIndex += 1
    return body
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try next() }

  private var place: [any CodingKey] { codingPath + [PlaceKey(intValue: currentIndex)] }

  private func current() throws -> Value {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        Value.self,
        .init(codingPath: codingPath, debugDescription: "the array has \(elements.count) elements"))
    }
    return elements[currentIndex]
  }

  private mutating func next() throws -> ValueDecoder {
    defer { currentIndex += 1 }
    return ValueDecoder(value: try current(), codingPath: place)
  }
}
