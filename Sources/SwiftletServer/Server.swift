// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ServiceLifecycle
import Synchronization

/// A WebSocket and HTTP server on event loops of its own, a thread each.
///
///     var routes = Routes()
///     routes.webSocket("/echo") { _ in Echo() }
///     let server = try Server(configuration: .init(), routes: routes)
///     try await server.run()
public final class Server: Service {
  /// Where it listens, with the port that was taken: host and port, sockets that were passed, the Unix socket.
  public let addresses: [ServerAddress]
  /// The first of them.
  public var address: ServerAddress { addresses[0] }
  /// Where it listens for streams, in the order in which the routes have them.
  public let streamAddresses: [ServerAddress]
  private let unixSocket: UnixSocketFile?
  private let loops: [EventLoop]
  private let metrics: Metrics
  private let logger: Logger
  private let onReady: @Sendable (ServerAddress) -> Void

  /// Binds the address: from here on connections wait, and ``run()`` serves them.
  /// - Parameter onReady: Called when ``run()`` begins, with the signals of a `ServiceGroup` already
  ///   in place.
  public init(
    configuration: ServerConfiguration, routes: Routes, metrics: Metrics = Metrics(),
    logger: Logger = Logger(label: "swiftlet"),
    onReady: @escaping @Sendable (ServerAddress) -> Void = { _ in }
  ) throws(ServerError) {
    var listeners = [[LoopListener]](repeating: [], count: configuration.loops)
    var addresses: [ServerAddress] = []
    func add(
      _ descriptors: [Int32], at address: ServerAddress, isShared: Bool
    ) {
      for (index, descriptor) in descriptors.enumerated() {
        listeners[index].append(
          LoopListener(descriptor: descriptor, language: .http, isShared: isShared))
      }
      addresses.append(address)
    }
    if configuration.listensAtPort {
      let sockets = try Listeners(
        host: configuration.host, port: configuration.port, count: configuration.loops)
      add(sockets.descriptors, at: sockets.address, isShared: false)
    }
    for descriptor in configuration.inheritedSockets {
      let socket = try SharedListener(inherited: descriptor, count: configuration.loops)
      add(socket.descriptors, at: socket.address, isShared: true)
    }
    unixSocket = configuration.unixSocket.map(UnixSocketFile.init)
    if let unixSocket {
      let socket = try SharedListener(
        unixSocket, mode: configuration.unixSocketMode, count: configuration.loops)
      add(socket.descriptors, at: socket.address, isShared: true)
    }
    precondition(!addresses.isEmpty, "a server listens somewhere")
    var streamAddresses: [ServerAddress] = []
    for (port, factory) in routes.streams {
      let sockets = try Listeners(
        host: configuration.host, port: port, count: configuration.loops)
      for (index, descriptor) in sockets.descriptors.enumerated() {
        listeners[index].append(LoopListener(descriptor: descriptor, language: .stream(factory)))
      }
      streamAddresses.append(sockets.address)
    }
    let admission = Admission(configuration.admission)
    self.loops = try listeners.map { listeners throws(ServerError) in
      try EventLoop(
        configuration: configuration.loop, routes: routes, logger: logger, admission: admission,
        listeners: listeners)
    }
    self.metrics = metrics
    self.logger = logger
    self.onReady = onReady
    self.addresses = addresses
    self.streamAddresses = streamAddresses
    metrics.add(loops)
  }

  /// Serves until the task is cancelled or its graceful shutdown is asked for, and every connection
  /// has been drained, which takes at most the drain timeout.
  public func run() async throws {
    onReady(address)
    await withTaskCancellationOrGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        for (index, loop) in loops.enumerated() {
          group.addTask {
            await withCheckedContinuation { done in
              startThread("swiftlet-loop-\(index)") {
                loop.run()
                done.resume()
              }
            }
          }
        }
      }
    } onCancelOrGracefulShutdown: {
      self.shutDown()
    }
  }

  private func shutDown() {
    logger.info("draining: no new connections")
    metrics.markDraining()
    unixSocket?.remove()
    for loop in loops { loop.enqueue(.drain) }
  }
}
