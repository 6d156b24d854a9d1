// SPDX-License-Identifier: Apache-2.0

/// What a server answers where. Built before the server starts and not changed after.
public struct Routes: Sendable {
  /// Makes the handler of a new WebSocket, or refuses it. Runs on the connection's loop.
  public typealias HandlerFactory = @Sendable (Request) throws(Refusal) -> MessageHandler
  /// Answers a GET (or HEAD). Runs on the connection's loop, so it must not wait for anything.
  public typealias Responder = @Sendable (Request) throws(Refusal) -> Response
  /// Answers a PUT with its body, likewise.
  public typealias BodyResponder = @Sendable (Request, [UInt8]) throws(Refusal) -> Response
  /// Answers a request with its body, which is valid until it returns. Runs on the connection's loop. Where it
  /// returns without an answer that comes later, through the exchange's reference; until then nothing more
  /// is read from the connection, and no deadline runs.
  public typealias Answerer =
    @Sendable (Request, RawSpan, borrowing Exchange) throws(Refusal) -> Void
  /// Makes the handler of a new stream. Runs on the connection's loop.
  public typealias StreamFactory = @Sendable () -> StreamHandler

  /// A method of HTTP at a path.
  struct Method {
    let name: String
    /// Of a request's body, in bytes; 0 refuses bodies.
    let maxBodySize: Int
    let answer: Answerer
  }

  /// What there is at a path: a WebSocket, methods of HTTP, or both.
  struct Route {
    /// Its place among ``names``.
    var number: UInt16
    var webSocket: (factory: HandlerFactory, compression: Compression)?
    var methods: [Method] = []

    /// The one to answer a request with. HEAD is GET without the body.
    subscript(name: String) -> Method? {
      methods.first { $0.name == name || (name == "HEAD" && $0.name == "GET") }
    }

    /// As the field Allow has them.
    var allowed: String {
      let isGot = webSocket != nil || self["GET"] != nil
      let others = methods.map(\.name).filter { $0 != "GET" }
      return ((isGot ? ["GET", "HEAD"] : []) + others).joined(separator: ", ")
    }
  }

  /// Who may come in; everyone where there is none.
  public var access: AccessRule?

  private static let maxPutSize = 64 << 10

  private var routes: [String: Route] = [:]
  /// Of the paths below these, where there is none of their own.
  private var routesBelow: [(prefix: String, route: Route)] = []
  private(set) var streams: [(port: UInt16, factory: StreamFactory)] = []

  /// What metrics call the routes: their paths, those below a prefix with `*` for the rest.
  private(set) var names: [String] = []

  public init() {}

  private mutating func number(_ name: String) -> UInt16 {
    if let known = names.firstIndex(of: name) { return UInt16(known) }
    names.append(name)
    return UInt16(names.count - 1)
  }

  private mutating func change(_ path: String, _ change: (inout Route) -> Void) {
    let number = number(path)
    change(&routes[path, default: Route(number: number)])
  }

  /// Serves WebSockets at an exact path.
  public mutating func webSocket(
    _ path: String, compression: Compression = .off, _ factory: @escaping HandlerFactory
  ) {
    change(path) { $0.webSocket = (factory, compression) }
  }

  /// Serves WebSockets at every path that begins with `prefix`.
  public mutating func webSocket(
    below prefix: String, compression: Compression = .off, _ factory: @escaping HandlerFactory
  ) {
    routesBelow.append(
      (prefix, Route(number: number(prefix + "*"), webSocket: (factory, compression))))
  }

  /// Answers HTTP GET at an exact path.
  public mutating func get(_ path: String, _ responder: @escaping Responder) {
    getLater(path) { request, _, exchange throws(Refusal) in
      exchange.respond(try responder(request))
    }
  }

  /// Answers HTTP GET at an exact path, at once or later.
  public mutating func getLater(_ path: String, _ answerer: @escaping Answerer) {
    change(path) {
      $0.methods.append(Method(name: "GET", maxBodySize: 0, answer: answerer))
    }
  }

  /// Answers HTTP POST at an exact path, of bodies of at most `maxBodySize` bytes.
  public mutating func post(
    _ path: String, maxBodySize: Int, _ answerer: @escaping Answerer
  ) {
    change(path) {
      $0.methods.append(Method(name: "POST", maxBodySize: maxBodySize, answer: answerer))
    }
  }

  /// Answers HTTP PUT, of a body of at most 64 KiB, at every path that begins with `prefix`.
  public mutating func put(below prefix: String, _ responder: @escaping BodyResponder) {
    let method = Method(name: "PUT", maxBodySize: Routes.maxPutSize) {
      request, body, exchange throws(Refusal) in
      exchange.respond(try responder(request, body.withUnsafeBytes { Array($0) }))
    }
    routesBelow.append((prefix, Route(number: number(prefix + "*"), methods: [method])))
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
