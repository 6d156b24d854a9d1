// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// A result to come, for one task to wait for.
final class Promise<Success: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Success, any Error>)
    case kept(Result<Success, any Error>)
  }

  private let state = Locked(State.open)

  /// Gives the result; later ones are ignored.
  func keep(_ result: Result<Success, any Error>) {
    let waiter = state.withLock { state -> CheckedContinuation<Success, any Error>? in
      switch state {
      case .open:
        state = .kept(result)
        return nil
      case .awaited(let waiter):
        state = .kept(result)
        return waiter
      case .kept: return nil
      }
    }
    waiter?.resume(with: result)
  }

  /// Waits. Throws `CancellationError` when the task is cancelled.
  func value(onCancel cancelled: @escaping @Sendable () -> Void = {}) async throws -> Success {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let result = state.withLock { state -> Result<Success, any Error>? in
          switch state {
          case .open:
            state = .awaited(waiter)
            return nil
          case .awaited: preconditionFailure("one task at a time can wait for a promise")
          case .kept(let result): return result
          }
        }
        if let result { waiter.resume(with: result) }
      }
    } onCancel: {
      keep(.failure(CancellationError()))
      cancelled()
    }
  }
}
