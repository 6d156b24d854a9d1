// SPDX-License-Identifier: Apache-2.0

import SwiftletClient
import SwiftletCore
import SwiftletMessaging
import SwiftletServer

extension Session {
  /// Serves the calls, connection after connection, until there will be no further one.
  func run(_ url: String, over client: WebSocketClient) async {
    do {
      guard let backoff = configuration.backoff else {
        return end(try await serve(client.connect(url, configuration.connect)))
      }
      let connections = client.reconnecting(to: url, configuration.connect, backoff: backoff)
      for try await connection in connections { lose(try await serve(connection)) }
      end(MessagingError.closed)
    } catch {
      end(error)
    }
  }

  /// Serves the calls until a connection ends, and says how it did.
  private func serve(_ connection: AsyncConnection) async throws -> MessagingError {
    defer { connection.close() }
    if try await authenticate(connection) {
      let wakes = begin()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await self.send(wakes, on: connection) }
        for try await message in connection { try receive(message) }
        group.cancelAll()
      }
    }
    try Task.checkCancellation()
    return .disconnected(
      connection.closeCode ?? .abnormal, reason: connection.closeReason ?? "")
  }

  /// Signs in where there is a token. False when the connection ended first.
  private func authenticate(_ connection: AsyncConnection) async throws -> Bool {
    guard let token = try await configuration.token?() else { return true }
    let request = configuration.format.encode(authentication(token))
    do {
      try await connection.send(request, kind: configuration.format.kind)
    } catch is AsyncConnection.Closed {
      return false
    }
    var messages = connection.makeAsyncIterator()
    guard let message = try await messages.next() else { return false }
    _ = try Response(message.decoded(), action: "authenticate")
    return true
  }

  private func send(_ wakes: AsyncStream<Void>, on connection: AsyncConnection) async {
    for await _ in wakes {
      while let call = nextToSend() {
        do {
          try await connection.send(call.bytes, kind: configuration.format.kind)
        } catch {
          // The connection has ended.
          return takeBack(call)
        }
      }
    }
  }
}
