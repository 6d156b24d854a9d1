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
    let manager = ServiceManager()
    let plan = try await options.plan().listening(at: manager.sockets)
    LoggingSystem.bootstrap {
      LineLogHandler($0, plan.operations.logFormat, level: plan.logLevel)
    }
    let logger = Logger(label: "swiftlet")
    try await serve(plan, manager, logger)
  }

  private func serve(
    _ plan: ServePlan, _ manager: ServiceManager, _ logger: Logger
  ) async throws {
    let reload = await Reload(steps: plan.reloads, manager: manager, logger: logger)
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
    do {
      images = try ImageStatisticsService(
        record: plan.record, maxMessageSize: plan.server.maxMessageSize, logger: logger)
      images.register(in: &routes, compression: plan.compression, metrics: metrics)
      server = try Server(
        configuration: plan.server, routes: routes, metrics: metrics, logger: logger
      ) { address in
        let name = address.name(isSecure: plan.server.tls != nil)
        print("swiftlet listening on \(name)")
        fflush(nil)
        manager.tellReady("listening on \(name)")
      }
      for address in server.addresses.dropFirst() {
        logger.info("also listening on \(address.name(isSecure: plan.server.tls != nil))")
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
    let watchdog = manager.watchdogTimeout.map {
      Watchdog(manager: manager, timeout: $0, metrics: metrics, logger: logger)
    }
    let group = ServiceGroup(
      services: (watchdog.map { [$0] } ?? []) + reporting.services
        + [images, messaging, server, reload, StoppingNotice(manager: manager)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    do {
      try await group.run()
    } catch let error as RecordError {
      throw StartFailure("\(error); the results after that are lost", status: EX_IOERR)
    }
  }
}

extension ServerAddress {
  /// As the ready line has it: a URL's beginning, or for a Unix socket its path behind what is spoken there.
  fileprivate func name(isSecure: Bool) -> String {
    let scheme = isSecure ? "wss" : "ws"
    return path.map { "\(scheme)+unix:\($0)" } ?? "\(scheme)://\(self)"
  }
}
