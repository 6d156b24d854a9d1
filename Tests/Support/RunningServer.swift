// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
public import ServiceLifecycle
import ServiceLifecycleTestKit
public import SwiftletServer

/// Runs each step of a task on a thread of its own, where it may block without keeping one of
/// Swift's few from the server. Unlike a bare thread it is still the test's task, to which failed
/// expectations belong.
public final class BlockingExecutor: TaskExecutor {
  public static let shared = BlockingExecutor()

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// A server under test, while it runs.
public struct RunningServer: Sendable {
  public let port: UInt16
  /// Of the routes' streams.
  public let streamPorts: [UInt16]
  public let metrics: Metrics
  /// Begins the graceful shutdown.
  public let shutDown: @Sendable () -> Void

  /// Connects and opens a WebSocket.
  public func open(_ path: String) throws -> Peer {
    try Peer(port: port, path: path)
  }

  /// The value of a metric without labels, or of a whole name with them.
  public func metric(_ name: String) -> UInt64? {
    for line in metrics.text().split(separator: "\n") where line.hasPrefix("swiftlet_\(name) ") {
      return UInt64(line.split(separator: " ")[1])
    }
    return nil
  }
}

/// Serves `routes` on a free port while `body` runs; then shuts down the server, and after it the
/// service beside it, and waits until both have ended. Call it where threads may block.
public func withServer<Result: Sendable>(
  _ routes: Routes, _ configuration: ServerConfiguration = .testing, metrics: Metrics = Metrics(),
  beside service: (any Service)? = nil,
  _ body: @escaping @Sendable (RunningServer) async throws -> Result
) async throws -> Result {
  var quiet = Logger(label: "test")
  quiet.logLevel = .critical
  let server = try Server(
    configuration: configuration, routes: routes, metrics: metrics, logger: quiet)
  return try await testGracefulShutdown { outer in
    async let serviceEnd: Void? = service?.run()
    let result: Result
    do {
      result = try await serve(server, metrics, body)
    } catch {
      outer.triggerGracefulShutdown()
      throw error
    }
    outer.triggerGracefulShutdown()
    _ = try await serviceEnd
    return result
  }
}

private func serve<Result: Sendable>(
  _ server: Server, _ metrics: Metrics,
  _ body: @escaping @Sendable (RunningServer) async throws -> Result
) async throws -> Result {
  try await testGracefulShutdown { trigger in
    let running = RunningServer(
      port: server.address.port, streamPorts: server.streamAddresses.map(\.port),
      metrics: metrics, shutDown: trigger.triggerGracefulShutdown)
    async let end: Void = server.run()
    do {
      let result = try await body(running)
      running.shutDown()
      try await end
      return result
    } catch {
      running.shutDown()
      try await end
      throw error
    }
  }
}

extension ServerConfiguration {
  /// A free port, one loop and no deadline that could pass while a test is slow, but for a drain that
  /// is cut soon, as most tests leave connections behind.
  public static var testing: ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.loops = 1
    configuration.handshakeTimeout = .seconds(3600)
    configuration.idleTimeout = .seconds(3600)
    configuration.pingInterval = .seconds(3600)
    configuration.closeTimeout = .seconds(3600)
    configuration.drainTimeout = .milliseconds(100)
    return configuration
  }
}
