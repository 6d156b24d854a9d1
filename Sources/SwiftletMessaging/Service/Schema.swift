// SPDX-License-Identifier: Apache-2.0

/// What the headers and the body of an action must be like. Fields not named here are allowed.
struct Schema: Sendable {
  let action: Action
  var headers: [Field] = Schema.usualHeaders
  /// Whether the body may be left out.
  var bodyIsOptional = false
  var body: [Field]

  struct Field: Sendable {
    let name: String
    let type: FieldType
    let isRequired: Bool

    static func required(_ name: String, _ type: FieldType) -> Field {
      Field(name: name, type: type, isRequired: true)
    }
    static func optional(_ name: String, _ type: FieldType) -> Field {
      Field(name: name, type: type, isRequired: false)
    }
  }

  enum FieldType: Sendable {
    case string
    /// A whole number: neither a boolean nor `2.0` is one.
    case integer
    case boolean
    case array
    case object
    case any
  }

  static let optionalHeaders: [Field] = [
    .optional("User-Agent", .string), .optional("Date", .string), .optional("Accept", .string),
  ]
  static let usualHeaders: [Field] =
    [
      .required("Client-ID", .string), .required("X-Project-ID", .string),
      .optional("X-Auth-Token", .string),
    ] + optionalHeaders
}

extension Schema.FieldType {
  func fits(_ value: Value) -> Bool {
    switch (self, value) {
    case (.string, .string), (.integer, .int), (.integer, .uint), (.boolean, .bool),
      (.array, .array), (.object, .map), (.any, _):
      true
    default: false
    }
  }
}

extension [Schema.Field] {
  /// Whether a map, whose keys are unique, has all that is required and nothing of the wrong type.
  func fit(_ map: Value.Map) -> Bool {
    var required = count { $0.isRequired }
    for entry in map.entries {
      guard case .string(let key) = entry.key, let field = named(key) else { continue }
      guard field.type.fits(entry.value) else { return false }
      if field.isRequired { required -= 1 }
    }
    return required == 0
  }

  private func named(_ name: String) -> Schema.Field? {
    for field in self where field.name.hasSameBytes(as: name) { return field }
    return nil
  }
}
