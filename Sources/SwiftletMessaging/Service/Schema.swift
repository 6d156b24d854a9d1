// SPDX-License-Identifier: Apache-2.0

/// What the headers and the body of an action must be like. Fields not named here are allowed.
struct Schema: Sendable {
  let action: Action
  var headers: [Field] = Schema.usualHeaders
  /// Whether the body may be left out.
  var bodyIsOptional = false
  var body: [Field]

  struct Field: Sendable {
    let name: StaticString
    let type: FieldType
    let isRequired: Bool

    static func required(_ name: StaticString, _ type: FieldType) -> Field {
      Field(name: name, type: type, isRequired: true)
    }
    static func optional(_ name: StaticString, _ type: FieldType) -> Field {
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
  func fits(_ value: MessagePackReader.Token) -> Bool {
    switch (self, value) {
    case (.string, .string), (.integer, .int), (.integer, .uint), (.boolean, .bool),
      (.array, .array), (.object, .map), (.any, _):
      true
    default: false
    }
  }
}

extension [Schema.Field] {
  /// Whether a map has all that is required and nothing of the wrong type.
  func fit(_ fields: Fields) -> Bool {
    var required = count { $0.isRequired }
    let areGood = fields.allSatisfy { key, value in
      guard let field = first(where: { key.hasSameBytes(as: $0.name) }) else { return true }
      if field.isRequired { required -= 1 }
      return field.type.fits(value)
    }
    return areGood && required == 0
  }
}
