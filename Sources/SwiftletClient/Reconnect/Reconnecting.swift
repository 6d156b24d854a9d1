// SPDX-License-Identifier: Apache-2.0

import Logging
public import SwiftletServer

extension WebSocketClient {
  /// Connections to one server, the next when the one before it has ended:
  ///
  ///     for try await connection in client.reconnecting(to: "ws://127.0.0.1:9001/feed") {
  ///       for try await message in connection { ... }
  ///     }
  ///
  /// Before every attempt but the first it waits by the rules of `backoff`, and at least as many
  /// seconds as a server's Retry-After says. Throws the ``ConnectError`` that no further attempt would
  /// change (see ``ConnectError/isTransient``) or that used up the last attempt, and
  /// `CancellationError`. Ends when the client is shut down.
  public func reconnecting(
    to url: String, _ options: ConnectOptions = ConnectOptions(), backoff: Backoff = Backoff()
  ) -> Reconnecting {
    Reconnecting(client: self, url: url, options: options, backoff: backoff)
  }
}

/// See ``WebSocketClient/reconnecting(to:_:backoff:)``.
public struct Reconnecting: AsyncSequence, Sendable {
  let client: WebSocketClient
  let url: String
  let options: ConnectOptions
  let backoff: Backoff

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(sequence: self) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let sequence: Reconnecting
    /// Attempts since the last connection that lived.
    private var attempts = 0
    /// Attempts in a row that failed, and how the last of them did.
    private var failures = 0
    private var error: ConnectError?
    private var connection: (AsyncConnection, since: ContinuousClock.Instant)?

    init(sequence: Reconnecting) { self.sequence = sequence }

    /// The next open connection. The one before it is closed if it is not yet.
    public mutating func next() async throws -> AsyncConnection? {
      leaveConnection()
      while true {
        if attempts > 0 { try await waitOrGiveUp() }
        attempts += 1
        do {
          let connection = try await sequence.client.connect(sequence.url, sequence.options)
          self.connection = (connection, .now)
          failures = 0
          error = nil
          return connection
        } catch ConnectError.shutDown {
          return nil
        } catch let error as ConnectError {
          guard error.isTransient else { throw error }
          failures += 1
          self.error = error
        }
      }
    }

    private mutating func leaveConnection() {
      guard let (connection, since) = connection.take() else { return }
      connection.close()
      if since.duration(to: .now) >= sequence.backoff.stableAfter { attempts = 1 }
    }

    private func waitOrGiveUp() async throws {
      let backoff = sequence.backoff
      if let error, let most = backoff.maxAttempts, failures >= most { throw error }
      var generator = SystemRandomNumberGenerator()
      let delay = Swift.max(
        backoff.delay(after: attempts, using: &generator), error?.retryAfter ?? .zero)
      sequence.client.logger.info(
        "connecting again in \(delay): \(error?.description ?? "the connection ended")")
      try await Task.sleep(for: delay)
    }
  }
}

extension ConnectError {
  /// Honoured up to here: a server's slip must not stop its clients for days.
  private static let longestRetryAfter = 3600

  /// The wait a server asks for, where it is given in seconds (RFC 9110 §10.2.3).
  var retryAfter: Duration? {
    guard let text = field("retry-after"), let seconds = Int(text), seconds >= 0 else { return nil }
    return .seconds(min(seconds, ConnectError.longestRetryAfter))
  }
}
