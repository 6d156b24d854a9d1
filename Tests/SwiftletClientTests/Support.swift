// SPDX-License-Identifier: Apache-2.0

import Logging
import SwiftletClient
import SwiftletCore
import SwiftletServer
import SwiftletTestSupport
import Testing

/// Runs `body` with a client, which is shut down after it.
func withClient<Result: Sendable>(
  _ configuration: ClientConfiguration = .testing, logger: Logger = .quiet,
  _ body: (WebSocketClient) async throws -> Result
) async throws -> Result {
  let client = try WebSocketClient(configuration: configuration, logger: logger)
  do {
    let result = try await body(client)
    await client.shutDown()
    return result
  } catch {
    await client.shutDown()
    throw error
  }
}

extension Logger {
  static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Keeps what is logged.
struct LogRecorder: LogHandler {
  let lines: EventLog<String>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  static func logger(_ lines: EventLog<String>) -> Logger {
    Logger(label: "test") { _ in LogRecorder(lines: lines) }
  }

  subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.add("\(event.message)") }
}

/// Connects to a listener's next connection.
func open(
  _ client: WebSocketClient, _ listener: PeerListener, _ options: ConnectOptions = ConnectOptions()
) async throws -> (AsyncConnection, Peer) {
  async let peer = listener.acceptWebSocket()
  let connection = try await client.connect("ws://127.0.0.1:\(listener.port)/", options)
  return (connection, try await peer)
}

/// The error of connecting; nil when it succeeds.
func failure(
  of connect: @autoclosure () async throws -> AsyncConnection
) async throws -> ConnectError? {
  do {
    _ = try await connect()
    return nil
  } catch let error as ConnectError {
    return error
  }
}

/// A server's handler that sends every message back.
final class Echo: MessageHandler {
  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    connection.send(message, kind: kind)
  }
}

extension ClientConfiguration {
  /// No deadline that could pass while a test is slow, but for a shutdown that is cut soon.
  static var testing: ClientConfiguration {
    var configuration = ClientConfiguration()
    configuration.connectTimeout = .seconds(3600)
    configuration.idleTimeout = .seconds(3600)
    configuration.pingInterval = .seconds(3600)
    configuration.closeTimeout = .seconds(3600)
    configuration.drainTimeout = .milliseconds(100)
    return configuration
  }
}
