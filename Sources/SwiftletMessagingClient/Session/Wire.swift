// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import SwiftletMessaging
import SwiftletServer

extension WireFormat {
  var kind: MessageKind { self == .json ? .text : .binary }
}

extension Session {
  /// A whole request, with our headers.
  func request(_ action: String, _ body: Value, id: Int64) -> Value {
    [
      "action": .string(action),
      "headers": [
        "Client-ID": .string(configuration.clientID),
        "X-Project-ID": .string(configuration.project),
      ],
      "body": body, "id": .int(id),
    ]
  }

  func authentication(_ token: String) -> Value {
    [
      "action": "authenticate",
      "headers": [
        "X-Auth-Token": .string(token), "X-Project-ID": .string(configuration.project),
      ],
    ]
  }
}

extension AsyncConnection.Message {
  /// Servers may answer in another encoding than they were asked in.
  func decoded() throws -> Value.Map {
    let format: WireFormat = kind == .text ? .json : .messagePack
    do {
      let value = try bytes.withUnsafeBytes { try format.decode($0) }
      guard case .map(let map) = value else {
        throw MessagingError.unexpected("a message that is no map")
      }
      return map
    } catch let error as DecodeError {
      throw MessagingError.unexpected("\(error.kind): \(error.detail)")
    }
  }
}

extension Response {
  /// The response in an envelope; throws the refusal that it may be.
  init(_ envelope: Value.Map, to call: Call) throws {
    if let id = envelope["id"], id != .int(call.id) {
      throw MessagingError.unexpected("a response to another request")
    }
    try self.init(envelope, action: call.action)
  }

  init(_ envelope: Value.Map, action: String) throws {
    guard let status = try envelope["headers"]?.integer("status") else {
      throw MessagingError.unexpected("a response without a status")
    }
    self.status = Int(status)
    body = envelope["body"] ?? .null
    if status >= 400 { throw RequestError(action, self.status, body) }
  }
}
