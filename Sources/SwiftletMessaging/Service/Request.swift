// SPDX-License-Identifier: Apache-2.0

/// A request whose headers and body are as its action's schema says.
struct Request: Sendable {
  let action: Action
  let headers: Value.Map
  let body: Value.Map
  /// That of the frame it came in.
  let format: WireFormat

  /// Checks an envelope: its action, then its fields.
  init(_ envelope: Value.Map, format: WireFormat) throws(Answer) {
    guard case .string(let name)? = envelope["action"], let schema = Schema.named(name) else {
      let shown = (envelope["action"] ?? .null).shownAsAction
      throw .error(400, "\(shown) is not a valid action")
    }
    guard case .map(let headers) = envelope["headers"] ?? [:],
      case .map(let body) = envelope["body"] ?? (schema.bodyIsOptional ? [:] : .null),
      schema.headers.fit(headers), schema.body.fit(body)
    else { throw .schemaFailure }
    action = schema.action
    self.headers = headers
    self.body = body
    self.format = format
  }

  /// A header that the schema requires to be a string, or none.
  func header(_ name: String) -> String {
    if case .string(let text)? = headers[name] { text } else { "" }
  }

  var project: String { header("X-Project-ID") }
  var queue: QueueKey { QueueKey(project: project, name: text("queue_name") ?? "") }

  // Fields of the body, of types the schema has checked.

  func text(_ name: String) -> String? {
    if case .string(let text)? = body[name] { text } else { nil }
  }

  func flag(_ name: String) -> Bool? {
    if case .bool(let flag)? = body[name] { flag } else { nil }
  }

  func array(_ name: String) -> [Value]? {
    if case .array(let elements)? = body[name] { elements } else { nil }
  }

  /// Numbers beyond 64 bits are as good as the largest: no bound is anywhere near.
  func integer(_ name: String) -> Int64? { body[name]?.integer }

  /// The strings of an array.
  func texts(_ name: String) -> [String]? {
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

/// What a response repeats of its request.
struct Echo: Sendable {
  var action = Value.null
  var body: Value = [:]
  var headers: Value = [:]
  /// What tells a client which of its requests this is. Repeated beside the body where it was given.
  var id: Value?

  /// Of a request that was no map.
  init() {}

  init(_ envelope: Value.Map, maskingSecrets: Bool) {
    action = envelope["action"] ?? .null
    body = envelope["body"] ?? [:]
    id = envelope["id"]
    guard let headers = envelope["headers"], headers != .null else { return }
    self.headers = headers
    guard maskingSecrets, case .map(var masked) = headers else { return }
    for name in ["X-Auth-Token", "URL-Signature"] where masked[name] != nil {
      masked.set(name, "***")
    }
    self.headers = .map(masked)
  }

  /// What a response to `authenticate` repeats.
  var actionOnly: Echo {
    var echo = Echo()
    echo.action = action
    echo.id = id
    return echo
  }
}
