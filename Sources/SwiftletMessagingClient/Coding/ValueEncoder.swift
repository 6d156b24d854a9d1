// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

extension Value {
  /// What `body` is in an encoding.
  init(encoding body: some Encodable, for format: WireFormat) throws {
    let node = Node(format)
    try node.write(body, at: [])
    self = node.value
  }
}

/// A value in the making.
private final class Node {
  private enum Content {
    case value(Value)
    case array([Node])
    case map([(key: String, Node)])
  }

  private var content = Content.value(.null)
  private let format: WireFormat

  init(_ format: WireFormat) { self.format = format }

  var value: Value {
    switch content {
    case .value(let value): return value
    case .array(let nodes): return .array(nodes.map(\.value))
    case .map(let entries):
      var map = Value.Map()
      for (key, node) in entries { map.set(.string(key), node.value) }
      return .map(map)
    }
  }

  func write(_ body: some Encodable, at path: [any CodingKey]) throws {
    if let scalar = body as? any Scalar, format == .messagePack || !(scalar is [UInt8]) {
      content = .value(scalar.asValue)
    } else {
      try body.encode(to: NodeEncoder(node: self, codingPath: path))
    }
  }

  func becomeMap() { if case .map = content {} else { content = .map([]) } }
  func becomeArray() { if case .array = content {} else { content = .array([]) } }

  func child(_ key: some CodingKey) -> Node {
    let child = Node(format)
    if case .map(var entries) = content {
      content = .map([])
      entries.append((key.stringValue, child))
      content = .map(entries)
    }
    return child
  }

  func child() -> Node {
    let child = Node(format)
    if case .array(var nodes) = content {
      content = .array([])
      nodes.append(child)
      content = .array(nodes)
    }
    return child
  }

  var count: Int { if case .array(let nodes) = content { nodes.count } else { 0 } }
}

private struct NodeEncoder: Encoder, SingleValueEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeMap()
    return KeyedEncodingContainer(MapEncoder<Key>(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return ArrayEncoder(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() {}
  func encode(_ body: some Encodable) throws { try node.write(body, at: codingPath) }
}

private struct MapEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: Node
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { _ = node.child(key) }

  func encode(_ body: some Encodable, forKey key: Key) throws {
    try node.child(key).write(body, at: codingPath + [key])
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    encoder(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { encoder(PlaceKey.superclass) }
  func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }

  private func encoder(_ key: some CodingKey) -> NodeEncoder {
    NodeEncoder(node: node.child(key), codingPath: codingPath + [key])
  }
}

private struct ArrayEncoder: UnkeyedEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]
  var count: Int { node.count }

  func encodeNil() { _ = node.child() }
  func encode(_ body: some Encodable) throws { try node.child().write(body, at: codingPath) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    encoder.container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.unkeyedContainer() }
  func superEncoder() -> any Encoder { encoder }

  private var encoder: NodeEncoder { NodeEncoder(node: node.child(), codingPath: codingPath) }
}
