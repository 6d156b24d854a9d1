// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ServiceLifecycle
public import SwiftletServer
import Synchronization

/// Connects to WebSocket servers, on event loops of its own, a thread each.
///
///     let client = try WebSocketClient()
///     let connection = try await client.connect("ws://127.0.0.1:9001/echo")
///     try await connection.send("hello")
///     for try await message in connection { print(message.text) }
///
/// Its connections end with it: keep it as long as they are needed. As a `Service` it lives until the
/// graceful shutdown.
public final class WebSocketClient: Service {
  private let loops: [EventLoop]
  private let nextLoop = Atomic(0)
  private let resolver = Resolver()
  private let ended: Countdown
  private let trust: TLSTrust
  /// Made for the first connection that needs it: the system's authorities take a while to read.
  private let tls = Locked<ClientTLS?>(nil)
  let logger: Logger

  /// Starts the loops. Throws when the system has no file descriptors left for them.
  public init(
    configuration: ClientConfiguration = ClientConfiguration(),
    logger: Logger = Logger(label: "swiftlet")
  ) throws {
    let loops = try (0..<max(1, configuration.loops)).map { _ in
      try EventLoop(configuration: configuration.loop, logger: logger)
    }
    let ended = Countdown(loops.count)
    for (index, loop) in loops.enumerated() {
      startThread("swl-client-\(index)") {
        loop.run()
        ended.countDown()
      }
    }
    self.loops = loops
    self.ended = ended
    trust = configuration.trust
    self.logger = logger
  }

  deinit { drain() }

  /// The event loops, among which connections are spread in turn.
  package var homes: [LoopReference] { loops.map { LoopReference(loop: $0) } }

  // MARK: - Connecting

  /// Opens a WebSocket for asynchronous code. It is closed with 1001 when nobody holds it any more.
  ///
  /// A host with several addresses is tried at one after the other, each with its share of the
  /// connect timeout. Throws a ``ConnectError``, or `CancellationError` when the task is cancelled:
  /// then the attempt has ended and its socket is closed.
  public func connect(
    _ url: String, _ options: ConnectOptions = ConnectOptions()
  ) async throws -> AsyncConnection {
    let destination = try destination(url, options)
    let pending = PendingConnection()
    let attempt = destination.attempt(pending.makeHandler(), report: pending.report)
    let loop = begin(attempt, to: destination)
    let connection = try await withTaskCancellationHandler {
      try await pending.connection
    } onCancel: {
      loop.fail(attempt, .cancelled)
    }
    try Task.checkCancellation()
    return connection
  }

  /// Opens a WebSocket for a handler on the loop. What is wrong with the URL or the options is thrown
  /// here, all else is told to the handler.
  public func connect(
    _ url: String, _ options: ConnectOptions = ConnectOptions(), handler: sending ClientHandler
  ) throws(ConnectError) {
    connect(to: try destination(url, options), handler: handler)
  }

  /// What is needed to connect to a server many times. Throws what is wrong with the URL or the options.
  package func destination(
    _ url: String, _ options: ConnectOptions = ConnectOptions()
  ) throws(ConnectError) -> Destination {
    try Destination(url, options) { () throws(ConnectError) in try sharedTLS() }
  }

  private func sharedTLS() throws(ConnectError) -> ClientTLS {
    let result = tls.withLock { tls in
      if let tls { return Result<ClientTLS, TLSFileError>.success(tls) }
      let made = Result { () throws(TLSFileError) in try ClientTLS(trust) }
      tls = try? made.get()
      return made
    }
    do { return try result.get() } catch { throw .authorities(error) }
  }

  /// The same for a server that is connected to many times.
  package func connect(to destination: Destination, handler: sending ClientHandler) {
    _ = begin(destination.attempt(handler, report: handler.report), to: destination)
  }

  /// Opens a connection that carries bytes as they are, for a handler on the loop.
  /// - Parameters:
  ///   - isSecure: Whether TLS is spoken, which checks the server's certificate like that of a wss URL.
  ///   - localAddress: See ``ConnectOptions/localAddress``. What is wrong with it, or with the authorities to
  ///     trust, is thrown here, all else is told to the handler.
  public func connectStream(
    to host: String, port: UInt16, isSecure: Bool = false, from localAddress: String? = nil,
    handler: sending ClientStreamHandler
  ) throws(ConnectError) {
    let source = try ConnectOptions.source(localAddress)
    let security = isSecure ? ClientSecurity(try sharedTLS(), host: host) : nil
    let scheme = isSecure ? "tls" : "tcp"
    let server = "\(scheme)://" + (host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
    let addresses = Resolver.literal(host, port)
    let attempt = ConnectAttempt(handler, security: security, from: source, to: addresses) {
      handler.report($0, of: server)
    }
    _ = begin(attempt, to: host, port, isResolved: !addresses.isEmpty)
  }

  private func begin(_ attempt: ConnectAttempt, to destination: Destination) -> EventLoop {
    begin(
      attempt, to: destination.url.host, destination.url.port,
      isResolved: !destination.addresses.isEmpty)
  }

  private func begin(
    _ attempt: ConnectAttempt, to host: String, _ port: UInt16, isResolved: Bool
  ) -> EventLoop {
    let turn = nextLoop.wrappingAdd(1, ordering: .relaxed).oldValue
    let loop = loops[Int(UInt(bitPattern: turn) % UInt(loops.count))]
    // Before the name is known, as the deadline includes finding it.
    loop.connect(attempt)
    if isResolved { return loop }
    resolver.resolve(host, port) { answer in
      switch answer {
      case .addresses(let addresses): loop.connect(attempt, to: addresses)
      case .unknown(let detail): loop.fail(attempt, .unknownHost(detail))
      }
    }
    return loop
  }

  // MARK: - The end

  /// Gives up what is being connected, closes all connections with 1001 and ends the loops: within the
  /// drain timeout. Can be called more than once; what is asked of the client after it fails.
  public func shutDown() async {
    drain()
    await ended.wait()
  }

  /// Waits until the task is cancelled or its graceful shutdown is asked for, and shuts down.
  public func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await ended.wait()
    } onCancelOrGracefulShutdown: {
      self.drain()
    }
  }

  private func drain() {
    for loop in loops { loop.drain() }
  }
}
