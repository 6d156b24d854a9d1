// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// What a task waits for that connects: the open connection, or why there is none.
final class PendingConnection: Sendable {
  private typealias Outcome = Result<AsyncConnection, any Error>

  private struct State {
    var subprotocol: String?
    var outcome: Outcome?
    var waiter: CheckedContinuation<AsyncConnection, any Error>?
  }

  private let state = Locked(State())

  /// The handler of the connection that is waited for.
  func makeHandler() -> AsyncHandler {
    AsyncHandler(isWaitedFor: false) { [self] connection, inbox in
      let subprotocol = state.withLock { $0.subprotocol }
      settle(
        .success(
          AsyncConnection(
            inbox, connection.reference, subprotocol: subprotocol, closesWhenDropped: true)))
    }
  }

  func report(_ event: ConnectEvent, of server: String) {
    switch event {
    case .connected, .secured: break
    case .accepted(let agreement): state.withLock { $0.subprotocol = agreement.subprotocol }
    case .failed(.cancelled): settle(.failure(CancellationError()))
    case .failed(let failure): settle(.failure(ConnectError(failure, server)))
    }
  }

  private func settle(_ outcome: Outcome) {
    let waiter = state.withLock { state in
      if state.waiter == nil { state.outcome = outcome }
      return state.waiter.take()
    }
    waiter?.resume(with: outcome)
  }

  /// To be awaited once. Is not cancelled by itself: the attempt is, and says so.
  var connection: AsyncConnection {
    get async throws {
      try await withCheckedThrowingContinuation { waiter in
        let outcome = state.withLock { state in
          if state.outcome == nil { state.waiter = waiter }
          return state.outcome.take()
        }
        if let outcome { waiter.resume(with: outcome) }
      }
    }
  }
}
