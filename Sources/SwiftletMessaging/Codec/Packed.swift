// SPDX-License-Identifier: Apache-2.0

// A message as MessagePack in the shortest form, with the keys of each map unique: what the service reads
// its fields from, repeats in responses and keeps of bodies. Most messages need no tree of values for that.

extension WireFormat {
  /// One value and nothing behind it, in MessagePack as it is written here. Fails as ``decode(_:)`` does.
  func packed(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> [UInt8] {
    switch self {
    case .json: try JSON.packed(bytes)
    case .messagePack: try MessagePack.packed(bytes)
    }
  }
}

extension MessagePack {
  static func packed(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> [UInt8] {
    var reader = MessagePackReader(bytes)
    let isAsWritten = try check(&reader, depth: 0) && reader.isShortest
    guard reader.remaining == 0 else { throw .extraData }
    return isAsWritten ? [UInt8](bytes) : WireFormat.messagePack.encode(try decode(bytes))
  }

  /// Proves the next value valid. False when a key may come twice in a map.
  private static func check(
    _ reader: inout MessagePackReader, depth: Int
  ) throws(DecodeError) -> Bool {
    switch try reader.next() {
    case .null, .bool, .int, .uint, .float, .double, .binary, .ext: return true
    case .string(let text):
      guard text.isUTF8 else { throw .badText }
      return true
    case .array(let count):
      guard depth < maxDepth else { throw .tooDeep }
      var isUnique = true
      for _ in 0..<count where !(try check(&reader, depth: depth + 1)) { isUnique = false }
      return isUnique
    case .map(let count):
      guard depth < maxDepth else { throw .tooDeep }
      var keys = FewKeys()
      var isUnique = true
      for _ in 0..<count {
        if !keys.insert(try key(&reader)) { isUnique = false }
        if !(try check(&reader, depth: depth + 1)) { isUnique = false }
      }
      return isUnique
    }
  }

  private static func key(
    _ reader: inout MessagePackReader
  ) throws(DecodeError) -> UnsafeRawBufferPointer {
    switch try reader.next() {
    case .string(let text):
      guard text.isUTF8 else { throw .badText }
      return text
    case .binary(let bytes): return bytes
    default: throw .badKey
    }
  }
}

/// The keys of one map, if they are few: held against one another without a place on the heap.
struct FewKeys {
  static let most = 16
  private var keys = InlineArray<16, UnsafeRawBufferPointer>(
    repeating: UnsafeRawBufferPointer(start: nil, count: 0))
  private var count = 0

  /// False when the key is there, or there is no room for it.
  mutating func insert(_ key: UnsafeRawBufferPointer) -> Bool {
    guard count < Self.most else { return false }
    for index in 0..<count where keys[index].hasSameBytes(as: key) { return false }
    keys[count] = key
    count += 1
    return true
  }
}
