// SPDX-License-Identifier: Apache-2.0

public import SwiftletClient
public import SwiftletMessaging

/// A client of a messaging service, over one WebSocket:
///
///     let messaging = try await MessagingClient.connect("ws://127.0.0.1:9001/v2")
///     try await messaging.post(Order(item: "tea"), to: "orders")
///     for try await notification in try await messaging.subscribe(to: "orders") {
///       print(try notification.decode(Order.self))
///     }
///
/// Any number of tasks may ask at once: requests leave in the order they were made and are answered
/// in that order. A task that is cancelled stops waiting; a request already sent is carried out all the
/// same.
///
/// When the connection is lost the client connects again and goes on: requests not yet sent are sent
/// then, those whose answer was still to come throw ``MessagingError/disconnected(_:reason:)``, and
/// subscriptions resume (see ``subscribe(to:_:)-(String,_)``). It ends when it is closed or nobody
/// holds it any more.
public final class MessagingClient: Sendable {
  let session: Session
  private let running: Task<Void, Never>

  private init(_ session: Session, _ running: Task<Void, Never>) {
    self.session = session
    self.running = running
  }

  deinit { end() }

  /// Connects, and signs in where the configuration has a token.
  ///
  /// Tries by the rules of the configuration's backoff until the server is there; throws the
  /// `ConnectError` that no further attempt would change, a ``RequestError`` when the token is refused,
  /// and `CancellationError`.
  /// - Parameter client: Whose event loops to use; else the client has one of its own.
  public static func connect(
    _ url: String, _ configuration: MessagingConfiguration = MessagingConfiguration(),
    over client: WebSocketClient? = nil
  ) async throws -> MessagingClient {
    let session = Session(configuration)
    let webSockets = try client ?? WebSocketClient()
    let running = Task {
      await session.run(url, over: webSockets)
      if client == nil { await webSockets.shutDown() }
    }
    let messaging = MessagingClient(session, running)
    try await session.opened.value()
    return messaging
  }

  /// Closes the connection. Subscriptions end; requests under way, and later ones, throw
  /// ``MessagingError/closed``.
  public func close() async {
    end()
    await running.value
  }

  private func end() {
    session.end(MessagingError.closed)
    running.cancel()
  }

  /// Asks for an action by its name: the body of the answer.
  public func ask(_ action: String, _ body: Value = [:]) async throws -> Value {
    try await session.ask(action, body).body
  }
}
