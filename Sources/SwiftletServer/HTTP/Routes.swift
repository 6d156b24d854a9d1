// SPDX-License-Identifier: Apache-2.0

/// What a server answers where. Built before the server starts and not changed after.
public struct Routes: Sendable {
  /// Makes the handler of a new WebSocket, or refuses it. Runs on the connection's loop.
  public typealias HandlerFactory = @Sendable (Request) throws(Refusal) -> MessageHandler
  /// Answers a GET (or HEAD). Runs on the connection's loop, so it must not wait for anything.
  public typealias Responder = @Sendable (Request) throws(Refusal) -> Response

  /// What there is at a path: a WebSocket, a page, or both.
  struct Route {
    var webSocket: (factory: HandlerFactory, compression: Compression)?
    var get: Responder?
  }

  private var routes: [String: Route] = [:]

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

  subscript(path: String) -> Route? { routes[path] }
}
