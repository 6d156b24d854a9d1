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
    abstract: "Serve WebSockets and HTTP on one port.", discussion: ServeOptions.discussion)

  @OptionGroup
  var options: ServeOptions

  func run() async throws {
    try avoidBLASThreads()
    let plan = try await options.plan()
    LoggingSystem.bootstrap {
      LineLogHandler($0, plan.operations.logFormat, level: plan.logLevel)
    }
    let logger = Logger(label: "swiftlet")
    try await serve(plan, logger)
  }

  private func serve(_ plan: ServePlan, _ logger: Logger) async throws {
    let metrics = Metrics()
    let reporting = try Reporting(metrics, statsd: plan.operations.statsd)
    var routes = Routes()
    addStatusRoutes(to: &routes, metrics, reporting.registry)
    addConsoleRoutes(to: &routes)
    addEcho(
      to: &routes, compression: plan.compression, maxMessageSize: plan.server.maxMessageSize)
    addPush(to: &routes, maxMessageSize: plan.server.maxMessageSize, metrics)
    Poll.add(to: &routes, maxMessageSize: plan.server.maxMessageSize, metrics)
    Topics(policy: plan.messaging.settings.slowConsumer, queueLimit: plan.server.sendQueueLimit)
      .register(in: &routes, compression: plan.compression, metrics: metrics)
    if let port = plan.tcpEchoPort {
      addTCPEcho(
        to: &routes, port: port, maxMessageSize: plan.server.maxMessageSize, metrics)
    }
    let messaging = try plan.messaging.open(logger)
    messaging.register(in: &routes, compression: plan.compression, metrics: metrics)
    routes.access = plan.access.rule(metrics)

    let images: ImageStatisticsService
    let server: Server
    let reload = await Reload(steps: plan.reloads, logger: logger)
    do {
      images = try ImageStatisticsService(
        record: plan.record, maxMessageSize: plan.server.maxMessageSize, logger: logger)
      images.register(in: &routes, compression: plan.compression, metrics: metrics)
      server = try Server(
        configuration: plan.server, routes: routes, metrics: metrics, logger: logger
      ) { address in
        print("swiftlet listening on \(plan.server.tls == nil ? "ws" : "wss")://\(address)")
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
      services: reporting.services + [images, messaging, reload, server],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: quiet)
    do {
      try await group.run()
    } catch let error as RecordError {
      throw StartFailure("\(error); the results after that are lost", status: EX_IOERR)
    }
  }
}
