// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SwiftletImages
import SwiftletMessaging
import SwiftletServer

/// `swiftlet serve`.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve WebSockets and HTTP on one port.",
    discussion: """
      Each option can also be given by an environment variable, such as SWIFTLET_MAX_MESSAGE_SIZE \
      for --max-message-size, or by a key of that name (max-message-size) in the file named by \
      --config. An option on the command line comes before the environment, and that before the \
      file. Durations are written 250ms, 5s, 2m or 1h, sizes 65536, 64KiB or 16MiB.
      """)

  @Option(help: "The address to listen at. (default: 127.0.0.1)")
  var host: String?
  @Option(help: "The TCP port; 0 takes a free one. (default: 9001)")
  var port: String?
  @Option(help: "Event loops, a thread each. (default: one a CPU)")
  var loops: String?
  @Option(help: "The largest message taken; a larger one is closed with 1009. (default: 16MiB)")
  var maxMessageSize: String?
  @Option(help: "Connections at once; further ones get 503. (default: 1048576)")
  var maxConnections: String?
  @Option(help: "The longest a request head may take. (default: 5s)")
  var handshakeTimeout: String?
  @Option(help: "The longest a connection may show no sign of life. (default: 120s)")
  var idleTimeout: String?
  @Option(help: "A connection silent for this long gets a ping. (default: 20s)")
  var pingInterval: String?
  @Option(help: "Bytes queued for a client beyond which it is not read. (default: 1MiB)")
  var sendQueueLimit: String?
  @Option(help: "Compress messages for clients that offer it: off or on. (default: off)")
  var compression: String?
  @Option(
    help: """
      A second TCP port, 0 for a free one, that echoes messages without WebSocket: a length of 4 bytes \
      (little-endian) in front of each. (default: none)
      """)
  var tcpEchoPort: String?
  @Option(help: "The longest a shutdown on SIGTERM may take. (default: 10s)")
  var drainTimeout: String?
  @Option(help: "Append the results of acknowledged images to this file, as JSON lines.")
  var record: String?
  @OptionGroup(title: "Messaging")
  var messaging: MessagingOptions
  @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
  var logLevel: String?
  @Option(help: "A JSON file with any of these options.")
  var config: String?

  func run() async throws {
    try avoidBLASThreads()
    let settings = try await Settings(file: config)
    var configuration = ServerConfiguration()
    try settings.read("host", host, into: &configuration.host)
    try settings.read("port", port, into: &configuration.port)
    try settings.read("loops", loops, into: &configuration.loops, in: 1...1024)
    try settings.read(
      "max-message-size", maxMessageSize, into: &configuration.maxMessageSize, as: ByteCount.self)
    try settings.read(
      "max-connections", maxConnections, into: &configuration.maxConnections, in: 1...(1 << 30))
    try settings.read(
      "handshake-timeout", handshakeTimeout, into: &configuration.handshakeTimeout)
    try settings.read("idle-timeout", idleTimeout, into: &configuration.idleTimeout)
    try settings.read("ping-interval", pingInterval, into: &configuration.pingInterval)
    try settings.read(
      "send-queue-limit", sendQueueLimit, into: &configuration.sendQueueLimit, as: ByteCount.self)
    try settings.read("drain-timeout", drainTimeout, into: &configuration.drainTimeout)
    var tcpEchoPort: UInt16?
    try settings.read("tcp-echo-port", self.tcpEchoPort, into: &tcpEchoPort)
    var compression = Compression.off
    try settings.read("compression", self.compression, into: &compression)
    var recordPath: String?
    try settings.read("record", record, into: &recordPath)
    var level = Logger.Level.info
    try settings.read("log-level", logLevel, into: &level)

    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var logger = Logger(label: "swiftlet")
    logger.logLevel = level
    var slowConsumer = SlowConsumerPolicy.close
    try settings.read("slow-consumer", messaging.slowConsumer, into: &slowConsumer)
    let topics = Topics(policy: slowConsumer, queueLimit: configuration.sendQueueLimit)
    let messaging = try messaging.service(
      settings, sendQueueLimit: configuration.sendQueueLimit, logger)
    try await serve(
      configuration, compression, tcpEchoPort: tcpEchoPort, record: recordPath, topics, messaging,
      logger)
  }

  private func serve(
    _ configuration: ServerConfiguration, _ compression: Compression, tcpEchoPort: UInt16?,
    record: String?, _ topics: Topics, _ messaging: MessagingService, _ logger: Logger
  ) async throws {
    let metrics = Metrics()
    var routes = Routes()
    addStatusRoutes(to: &routes, metrics)
    addConsoleRoutes(to: &routes)
    addEcho(
      to: &routes, compression: compression, maxMessageSize: configuration.maxMessageSize)
    addPush(to: &routes, maxMessageSize: configuration.maxMessageSize, metrics)
    Poll.add(to: &routes, maxMessageSize: configuration.maxMessageSize, metrics)
    topics.register(in: &routes, compression: compression, metrics: metrics)
    if let tcpEchoPort {
      addTCPEcho(
        to: &routes, port: tcpEchoPort, maxMessageSize: configuration.maxMessageSize, metrics)
    }
    messaging.register(in: &routes, compression: compression, metrics: metrics)

    let images: ImageStatisticsService
    let server: Server
    do {
      images = try ImageStatisticsService(
        record: record, maxMessageSize: configuration.maxMessageSize, logger: logger)
      images.register(in: &routes, compression: compression, metrics: metrics)
      server = try Server(
        configuration: configuration, routes: routes, metrics: metrics, logger: logger
      ) { address in
        print("swiftlet listening on ws://\(address)")
        fflush(nil)
      }
      for address in server.streamAddresses {
        logger.info("tcp echo listening on tcp://\(address)")
      }
    } catch let error as RecordError {
      throw StartFailure("\(error)", status: EX_CANTCREAT)
    } catch let error as ServerError {
      throw StartFailure("\(error)", status: EX_UNAVAILABLE)
    }

    // Shut down from the end of the list: the recorder and the store outlive the last connection.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let group = ServiceGroup(
      services: [images, messaging, server], gracefulShutdownSignals: [.sigterm, .sigint],
      logger: quiet)
    do {
      try await group.run()
    } catch let error as RecordError {
      throw StartFailure("\(error); the results after that are lost", status: EX_IOERR)
    }
  }
}
