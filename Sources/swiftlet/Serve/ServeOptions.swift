// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Logging
import SwiftletServer

/// The options of `swiftlet serve`, which `swiftlet check` takes too.
struct ServeOptions: ParsableArguments {
  static let discussion = """
    Each option can also be given by an environment variable, such as SWIFTLET_MAX_MESSAGE_SIZE \
    for --max-message-size, or by a key of that name (max-message-size) in the file named by \
    --config. An option on the command line comes before the environment, and that before the \
    file. Durations are written 250ms, 5s, 2m or 1h, sizes 65536, 64KiB or 16MiB.
    """

  @Option(help: "The address to listen at. (default: 127.0.0.1)")
  var host: String?
  @Option(help: "The TCP port; 0 takes a free one. (default: 9001)")
  var port: String?
  @Option(help: "Event loops, a thread each. (default: one a CPU)")
  var loops: String?
  @Option(help: "The largest message taken; a larger one is closed with 1009. (default: 16MiB)")
  var maxMessageSize: String?
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
  @OptionGroup(title: "TLS")
  var tls: TLSOptions
  @OptionGroup(title: "Limits")
  var limits: LimitOptions
  @OptionGroup(title: "Who may come in")
  var access: AccessOptions
  @OptionGroup(title: "Messaging")
  var messaging: MessagingOptions
  @OptionGroup(title: "Operations")
  var operations: OperationsOptions
  @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
  var logLevel: String?
  @Option(help: "A JSON file with any of these options.")
  var config: String?

  /// Reads the options, those of the environment and of the file, and what they name.
  func plan() async throws -> ServePlan {
    let settings = try await Settings(file: config)
    var plan = ServePlan()
    try read(settings, into: &plan.server)
    try tls.read(settings, into: &plan)
    try settings.read("tcp-echo-port", tcpEchoPort, into: &plan.tcpEchoPort)
    try settings.read("compression", compression, into: &plan.compression)
    try settings.read("record", record, into: &plan.record)
    try settings.read("log-level", logLevel, into: &plan.logLevel)
    plan.access = try access.plan(settings)
    plan.reloads += plan.access.reloads
    plan.messaging = try messaging.plan(
      settings, sendQueueLimit: plan.server.sendQueueLimit,
      authentication: plan.access.authentication)
    plan.operations = try operations.plan(settings)
    try settings.refuseUnknownKeys()
    return plan
  }

  private func read(
    _ settings: Settings, into server: inout ServerConfiguration
  ) throws(StartFailure) {
    var givenHost: String?
    var givenPort: UInt16?
    try settings.read("host", host, into: &givenHost)
    try settings.read("port", port, into: &givenPort)
    try operations.read(settings, into: &server)
    server.host = givenHost ?? server.host
    server.port = givenPort ?? server.port
    server.listensAtPort = server.unixSocket == nil || givenHost != nil || givenPort != nil
    try settings.read("loops", loops, into: &server.loops, in: 1...1024)
    try settings.read(
      "max-message-size", maxMessageSize, into: &server.maxMessageSize, as: ByteCount.self)
    try settings.read(
      "handshake-timeout", handshakeTimeout, into: &server.handshakeTimeout)
    try settings.read("idle-timeout", idleTimeout, into: &server.idleTimeout)
    try settings.read("ping-interval", pingInterval, into: &server.pingInterval)
    try settings.read(
      "send-queue-limit", sendQueueLimit, into: &server.sendQueueLimit, as: ByteCount.self)
    try settings.read("drain-timeout", drainTimeout, into: &server.drainTimeout)
    try limits.read(settings, into: &server)
  }
}
