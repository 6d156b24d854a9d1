// SPDX-License-Identifier: Apache-2.0

import Logging
import SwiftletAuthentication
import SwiftletClient
import SwiftletMessaging
import SwiftletMessagingClient
import SwiftletServer
import SwiftletTestSupport
import Testing

/// A messaging service in this process.
struct MessagingServer: Sendable {
  let port: UInt16

  func connect(
    _ format: WireFormat = .messagePack, port: UInt16? = nil,
    _ change: (inout MessagingConfiguration) -> Void = { _ in }
  ) async throws -> MessagingClient {
    var configuration = MessagingConfiguration.testing(format)
    change(&configuration)
    return try await .connect(
      "ws://127.0.0.1:\(port ?? self.port)/v2", configuration,
      over: WebSocketClient(logger: .quiet))
  }
}

extension MessagingConfiguration {
  /// Connects again soon.
  static func testing(_ format: WireFormat = .messagePack) -> MessagingConfiguration {
    var configuration = MessagingConfiguration()
    configuration.format = format
    configuration.project = "p"
    configuration.backoff?.base = .milliseconds(1)
    configuration.backoff?.cap = .milliseconds(4)
    return configuration
  }
}

extension Logger {
  static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Serves while `body` runs, on threads that may block.
func withMessaging(
  _ authentication: Authentication? = nil,
  _ body: @escaping @Sendable (MessagingServer) async throws -> Void
) async throws {
  let service = MessagingService(
    authentication: authentication,
    store: MemoryStore(defaultMessageTTL: 3600, clock: wallClock), logger: .quiet)
  var routes = Routes()
  service.register(in: &routes)
  try await withTaskExecutorPreference(BlockingExecutor.shared) { [routes] in
    try await withServer(routes, beside: service) { server in
      try await body(MessagingServer(port: server.port))
    }
  }
}

/// A connection from a client to a server, which can be cut.
final class Relay: Sendable {
  private let client: Peer
  private let server: Peer

  /// Takes the client's next connection and has it served.
  init(_ listener: PeerListener, to server: MessagingServer) throws {
    client = try listener.acceptWebSocket()
    self.server = try Peer(port: server.port, path: "/v2")
    Task.detached(executorPreference: BlockingExecutor.shared) { [client, server = self.server] in
      try Relay.pass(from: client, to: server)
    }
    Task.detached(executorPreference: BlockingExecutor.shared) { [client, server = self.server] in
      try Relay.pass(from: server, to: client)
    }
  }

  private static func pass(from one: Peer, to other: Peer) throws {
    while true {
      let frame = try one.receive()
      try other.send(frame.payload, opcode: frame.opcode)
    }
  }

  func cut() {
    client.halfClose()
    server.halfClose()
  }
}

/// A server that answers as the test says.
extension Peer {
  /// The next request, which must be in JSON.
  func receiveRequest() throws -> Value.Map {
    let value = try receiveMessage().withUnsafeBytes { try WireFormat.json.decode($0) }
    guard case .map(let map) = value else { throw PeerError.unexpected("\(value)") }
    return map
  }

  func answer(_ request: Value.Map, _ status: Int64 = 200, _ body: Value = [:]) throws {
    let response: Value = [
      "request": ["action": request["action"] ?? .null], "body": body,
      "headers": ["status": .int(status)], "id": request["id"] ?? .null,
    ]
    try send(WireFormat.json.encode(response), opcode: 0x1)
  }
}

struct Order: Codable, Equatable, Sendable {
  var item: String
  var count: Int
}
