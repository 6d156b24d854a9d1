// SPDX-License-Identifier: Apache-2.0

/// An HTTP status this server answers with (RFC 9110 §15).
public enum Status: Int, Sendable {
  case ok = 200
  case accepted = 202
  case noContent = 204
  /// The client's copy still holds: the body is not sent, only its length (RFC 9110 §15.4.5).
  case notModified = 304
  case badRequest = 400
  case unauthorized = 401
  case forbidden = 403
  case notFound = 404
  case methodNotAllowed = 405
  case requestTimeout = 408
  case contentTooLarge = 413
  case uriTooLong = 414
  case upgradeRequired = 426
  case tooManyRequests = 429
  case requestHeaderFieldsTooLarge = 431
  case internalServerError = 500
  case serviceUnavailable = 503
  case versionNotSupported = 505

  var phrase: String {
    switch self {
    case .ok: "OK"
    case .accepted: "Accepted"
    case .noContent: "No Content"
    case .notModified: "Not Modified"
    case .badRequest: "Bad Request"
    case .unauthorized: "Unauthorized"
    case .forbidden: "Forbidden"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .requestTimeout: "Request Timeout"
    case .contentTooLarge: "Content Too Large"
    case .uriTooLong: "URI Too Long"
    case .upgradeRequired: "Upgrade Required"
    case .tooManyRequests: "Too Many Requests"
    case .requestHeaderFieldsTooLarge: "Request Header Fields Too Large"
    case .internalServerError: "Internal Server Error"
    case .serviceUnavailable: "Service Unavailable"
    case .versionNotSupported: "HTTP Version Not Supported"
    }
  }
}

/// An HTTP response with its whole body.
public struct Response: Sendable {
  public var status: Status
  public var contentType: String
  /// Further fields; names and values must not hold line ends.
  public var fields: [(name: String, value: String)]
  public var body: [UInt8]

  public init(
    _ status: Status = .ok, contentType: String = "text/plain; charset=utf-8",
    fields: [(name: String, value: String)] = [], body: [UInt8]
  ) {
    self.status = status
    self.contentType = contentType
    self.fields = fields
    self.body = body
  }

  /// A response of one line of text.
  public init(_ status: Status = .ok, _ sentence: String) {
    self.init(status, body: Array(sentence.utf8) + [UInt8(ascii: "\n")])
  }
}

/// Thrown by a route to refuse a request before an upgrade: a status and a sentence for the client.
public struct Refusal: Error {
  public var status: Status
  public var sentence: String
  /// As what it is counted.
  public var reason: HandshakeFailure

  /// - Parameter reason: Where the status says too little.
  public init(_ status: Status, _ sentence: String, reason: HandshakeFailure? = nil) {
    self.status = status
    self.sentence = sentence
    self.reason = reason ?? HandshakeFailure(status)
  }
}
