// SPDX-License-Identifier: Apache-2.0

/// A request whose headers and body are as its action's schema says.
struct Request: Sendable {
  let action: Action
  let headers: Fields
  let body: Fields
  /// That of the frame it came in.
  let format: WireFormat

  /// Checks an envelope: its action, then its fields.
  init(_ envelope: Envelope, format: WireFormat) throws(Answer) {
    let name = envelope.action.map { envelope.value(at: $0) } ?? .null
    guard case .string(let text) = name, let schema = Schema.named(text) else {
      throw .error(400, "\(name.shownAsAction) is not a valid action")
    }
    guard let headers = envelope.headers.map({ envelope.fields(at: $0) }) ?? Fields.none,
      let body = envelope.body.map({ envelope.fields(at: $0) })
        ?? (schema.bodyIsOptional ? Fields.none : nil),
      schema.headers.fit(headers), schema.body.fit(body)
    else { throw .schemaFailure }
    action = schema.action
    self.headers = headers
    self.body = body
    self.format = format
  }

  /// A header that the schema requires to be a string, or none.
  func header(_ name: StaticString) -> String { headers.text(name) ?? "" }

  var project: String { header("X-Project-ID") }
  var queue: QueueKey { QueueKey(project: project, name: text("queue_name") ?? "") }

  // Fields of the body, of types the schema has checked.

  func text(_ name: StaticString) -> String? { body.text(name) }

  func flag(_ name: StaticString) -> Bool? {
    if case .bool(let flag)? = body[name] { flag } else { nil }
  }

  func array(_ name: StaticString) -> [Value]? {
    if case .array(let elements)? = body[name] { elements } else { nil }
  }

  /// Numbers beyond 64 bits are as good as the largest: no bound is anywhere near.
  func integer(_ name: StaticString) -> Int64? { body[name]?.integer }

  /// The strings of an array.
  func texts(_ name: StaticString) -> [String]? {
    array(name)?.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }
}

extension Value {
  /// A whole number, clamped to 64 bits with a sign.
  var integer: Int64? {
    switch self {
    case .int(let number): number
    case .uint: .max
    default: nil
    }
  }

  /// As the sentence about an invalid action shows it, which clients know in Python's spelling.
  fileprivate var shownAsAction: String {
    switch self {
    case .null: return "None"
    case .bool(let bool): return bool ? "True" : "False"
    case .string(let text): return text
    case .binary(let bytes):
      var shown = "b'"
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\\"): shown += "\\" + String(UnicodeScalar(byte))
        case 0x20...0x7e: shown += String(UnicodeScalar(byte))
        default: shown += "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
        }
      }
      return shown + "'"
    default: return String(decoding: WireFormat.json.encode(self), as: UTF8.self)
    }
  }
}
