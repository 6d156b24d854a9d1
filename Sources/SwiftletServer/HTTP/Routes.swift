// SPDX-License-Identifier: Apache-2.0

/// What a server answers where. Built before the server starts and not changed after.
public struct Routes: Sendable {
  /// Makes the handler of a new WebSocket, or refuses it. Runs on the connection's loop.
  public typealias HandlerFactory = @Sendable (Request) throws(Refusal) -> MessageHandler
  /// Answers a GET (or HEAD). Runs on the connection's loop, so it must not wait for anything.
  public typealias Responder = @Sendable (Request) throws(Refusal) -> Response

  /// Answers a PUT with its body, likewise.
  public typealias BodyResponder = @Sendable (Request, [UInt8]) throws(Refusal) -> Response

  /// What there is at a path: a WebSocket, a page, or both; or what takes a body.
  struct Route {
    var webSocket: (factory: HandlerFactory, compression: Compression)?
    var get: Responder?
    var put: BodyResponder?
  }

  private var routes: [String: Route] = [:]
  /// Of the paths below these, where there is none of their own.
  private var routesBelow: [(prefix: String, route: Route)] = []

  /// Makes the handler of a new stream. Runs on the connection's loop.
  public typealias StreamFactory = @Sendable () -> StreamHandler

  private(set) var streams: [(port: UInt16, factory: StreamFactory)] = []

  public init() {}

  /// Serves WebSockets at an exact path.
  public mutating func webSocket(
    _ path: String, compression: Compression = .off, _ factory: @escaping HandlerFactory
  ) {
    routes[path, default: Route()].webSocket = (factory, compression)
  }

  /// Answers HTTP GET at an exact path.
  public mutating func get(_ path: String, _ responder: @escaping Responder) {
    routes[path, default: Route()].get = responder
  }

  /// Answers HTTP PUT, of a body of at most 64 KiB, at every path that begins with `prefix`.
  public mutating func put(below prefix: String, _ responder: @escaping BodyResponder) {
    routesBelow.append((prefix, Route(put: responder)))
  }

  /// Serves streams of bytes at a TCP port of their own, of which 0 takes a free one: see
  /// ``Server/streamAddresses``.
  public mutating func stream(port: UInt16, _ factory: @escaping StreamFactory) {
    streams.append((port, factory))
  }

  subscript(path: String) -> Route? {
    routes[path] ?? routesBelow.first { path.hasPrefix($0.prefix) }?.route
  }
}
