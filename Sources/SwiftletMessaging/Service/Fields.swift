// SPDX-License-Identifier: Apache-2.0

/// A map of a request, in MessagePack that was proved valid and has each key once. A field is found by a
/// walk, which for a few of them beats making values of all.
struct Fields: Sendable {
  private let bytes: [UInt8]
  /// Where the map begins.
  private let offset: Int

  /// - Precondition: A map begins there.
  init(_ bytes: [UInt8], at offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  static let none = Fields([0x80], at: 0)

  /// Reads the value of a field. nil when it is not there.
  func read<Result>(
    _ name: StaticString, _ body: (inout MessagePackReader) -> Result
  ) -> Result? {
    bytes.withUnsafeBytes { bytes in
      var reader = MessagePackReader(bytes, at: offset)
      return reader.find(name) ? body(&reader) : nil
    }
  }

  subscript(_ name: StaticString) -> Value? {
    read(name) { MessagePack.valueOfValid(&$0) }
  }

  /// nil when it is not there or no string.
  func text(_ name: StaticString) -> String? {
    text(name) { String(decoding: $0, as: UTF8.self) }
  }

  /// What `body` makes of a string's UTF-8.
  func text<Result>(
    _ name: StaticString, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result? {
    let result = read(name) { reader -> Result? in
      guard case .string(let text) = reader.nextOfValid() else { return nil }
      return body(text)
    }
    return result ?? nil
  }

  /// Whether `body` is true of each key that is a string, with the head of its value.
  func allSatisfy(
    _ body: (_ key: UnsafeRawBufferPointer, _ value: MessagePackReader.Token) -> Bool
  ) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var reader = MessagePackReader(bytes, at: offset)
      for _ in 0..<reader.countOfMap() {
        let key = reader.nextOfValid()
        let value = reader.nextOfValid()
        if case .string(let key) = key, !body(key, value) { return false }
        reader.skipChildren(of: value)
      }
      return true
    }
  }
}

extension MessagePackReader {
  /// The entries of the map that comes next.
  mutating func countOfMap() -> Int {
    guard case .map(let count) = nextOfValid() else { preconditionFailure("not a map") }
    return count
  }

  /// Goes to the value of a key in the map that comes next. False when it is not there.
  mutating func find(_ name: StaticString) -> Bool {
    for _ in 0..<countOfMap() {
      if case .string(let key) = nextOfValid(), key.hasSameBytes(as: name) { return true }
      skipValid()
    }
    return false
  }
}
