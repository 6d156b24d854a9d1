// SPDX-License-Identifier: Apache-2.0

/// What a request is answered with. Thrown where a check fails.
struct Answer: Error {
  /// A number as HTTP's.
  var status: Int
  var body: Value

  init(_ status: Int, _ body: Value) {
    self.status = status
    self.body = body
  }

  static let authentified = Answer(200, ["message": "Authentified."])
  static let authenticationFailed = Answer.error(401, "Authentication failed.")

  /// A failure of decoding, of the envelope or of authentication.
  static func error(_ status: Int, _ text: String) -> Answer {
    Answer(status, ["error": .string(text)])
  }

  /// A failure of an action: the detail, and a fixed sentence or none.
  static func failure(_ status: Int, _ exception: String, _ error: String? = nil) -> Answer {
    Answer(status, ["exception": .string(exception), "error": error.map { .string($0) } ?? .null])
  }

  /// A value that may not be what it is.
  static func invalid(_ exception: String) -> Answer { failure(400, exception) }

  static var schemaFailure: Answer { error(400, "Schema validation failed.") }
}
