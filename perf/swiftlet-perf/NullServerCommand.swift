// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Logging
import ServiceLifecycle
import SwiftletCore
import SwiftletServer

/// The server that `--calibrate` measures the client with.
struct NullServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "null-server", abstract: "Sends messages back and does nothing else.",
    shouldDisplay: false)

  func run() async throws {
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.loops = 1
    configuration.maxMessageSize = 1 << 30
    var logger = Logger(label: "null-server") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .error
    var routes = Routes()
    routes.webSocket("/") { _ in Back() }
    let server = try Server(configuration: configuration, routes: routes, logger: logger) {
      print("listening on ws://\($0)/")
      fflush(nil)
    }
    let group = ServiceGroup(
      services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    try await group.run()
  }
}

private final class Back: MessageHandler {
  override func received(
    _ message: RawSpan, kind: MessageKind, on connection: borrowing Connection
  ) {
    connection.send(message, kind: kind)
  }
}
