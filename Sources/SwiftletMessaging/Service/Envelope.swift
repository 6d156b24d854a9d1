// SPDX-License-Identifier: Apache-2.0

/// A request as it came: where its parts are.
struct Envelope: Sendable {
  /// The whole in MessagePack, as ``WireFormat/packed(_:)`` makes it.
  let bytes: [UInt8]
  private(set) var action: Range<Int>?
  private(set) var headers: Range<Int>?
  private(set) var body: Range<Int>?
  /// What tells a client which of its requests this is.
  private(set) var id: Range<Int>?

  /// Of a request that was no map: nothing is there.
  init() { bytes = [] }

  /// nil when the value is no map.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    let isMap = bytes.withUnsafeBytes { bytes in
      var reader = MessagePackReader(bytes)
      guard case .map(let count) = reader.nextOfValid() else { return false }
      for _ in 0..<count {
        let key = reader.nextOfValid()
        let start = reader.offset
        reader.skipValid()
        let range = start..<reader.offset
        guard case .string(let name) = key else { continue }
        if name.hasSameBytes(as: "action") {
          action = range
        } else if name.hasSameBytes(as: "headers") {
          headers = range
        } else if name.hasSameBytes(as: "body") {
          body = range
        } else if name.hasSameBytes(as: "id") {
          id = range
        }
      }
      return true
    }
    guard isMap else { return nil }
  }

  /// The headers as a response repeats them: not where they are null.
  var repeatedHeaders: Range<Int>? {
    headers.flatMap { bytes[$0.lowerBound] == 0xc0 ? nil : $0 }
  }

  /// What a response to `authenticate` repeats.
  var actionOnly: Envelope {
    var envelope = self
    envelope.headers = nil
    envelope.body = nil
    return envelope
  }

  /// The same without the headers that prove who the client is.
  var withoutSecrets: Envelope {
    guard let range = headers, case .map(var headers) = value(at: range) else { return self }
    for name in ["X-Auth-Token", "URL-Signature"] where headers[name] != nil {
      headers.set(name, "***")
    }
    guard case .map(var fields) = value(at: 0..<bytes.count) else { return self }
    fields.set("headers", .map(headers))
    return Envelope(WireFormat.messagePack.encode(.map(fields))) ?? self
  }

  func value(at range: Range<Int>) -> Value {
    bytes.withUnsafeBytes {
      var reader = MessagePackReader($0, at: range.lowerBound)
      return MessagePack.valueOfValid(&reader)
    }
  }

  /// The fields of a part that is a map.
  func fields(at range: Range<Int>) -> Fields? {
    // fixmap, map 16, map 32
    switch bytes[range.lowerBound] {
    case 0x80...0x8f, 0xde, 0xdf: Fields(bytes, at: range.lowerBound)
    default: nil
    }
  }
}
