// SPDX-License-Identifier: Apache-2.0

import DequeModule
import SwiftletCore

/// Messages between a loop, which puts them in, and a task, which takes them out.
package final class AsyncInbox: Sendable {
  /// With this many messages waiting the connection is not read.
  private static let capacity = 16

  private typealias Waiter = CheckedContinuation<AsyncConnection.Message?, any Error>

  private struct State {
    var messages: Deque<AsyncConnection.Message> = []
    /// The task, when it waits for a message.
    var waiter: Waiter?
    /// How often the queued output has shrunk, and who waits for the next time.
    var drains = 0
    var drainWaiters: [Int: CheckedContinuation<Void, any Error>] = [:]
    var nextDrainWaiter = 0
    var reference: ConnectionReference?
    var isPaused = false
    var reason = ""
    var end: End?
  }

  /// How the connection ended.
  struct End {
    let code: CloseCode
    let reason: String
  }

  private let state = Locked(State())

  func attach(_ reference: ConnectionReference) {
    state.withLock { $0.reference = reference }
  }

  /// Adds a message. True when the connection is to be paused.
  func put(_ message: AsyncConnection.Message) -> Bool {
    let (waiter, pause) = state.withLock { state -> (Waiter?, Bool) in
      if let waiter = state.waiter.take() { return (waiter, false) }
      state.messages.append(message)
      state.isPaused = state.messages.count >= AsyncInbox.capacity
      return (nil, state.isPaused)
    }
    waiter?.resume(returning: message)
    return pause
  }

  func next() async throws -> AsyncConnection.Message? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (waiter: Waiter) in
        take(waiter)
      }
    } onCancel: {
      state.withLock { $0.waiter.take() }?.resume(throwing: CancellationError())
    }
  }

  private func take(_ waiter: Waiter) {
    enum Outcome {
      case message(AsyncConnection.Message?)
      case cancelled
      case wait
    }
    var resumed: ConnectionReference?
    let outcome = state.withLock { state -> Outcome in
      if let message = state.messages.popFirst() {
        if state.isPaused && state.messages.count <= AsyncInbox.capacity / 2 {
          state.isPaused = false
          resumed = state.reference
        }
        return .message(message)
      }
      if state.end != nil { return .message(nil) }
      if Task.isCancelled { return .cancelled }
      precondition(state.waiter == nil, "one task at a time can wait for a connection's messages")
      state.waiter = waiter
      return .wait
    }
    resumed?.resumeReading()
    switch outcome {
    case .message(let message): waiter.resume(returning: message)
    case .cancelled: waiter.resume(throwing: CancellationError())
    case .wait: break
    }
  }

  // MARK: - Draining

  var drains: Int { state.withLock { $0.drains } }

  /// Waits until the connection's queued output has shrunk more often than `drains` times, or the
  /// connection is gone.
  func waitForDrain(after drains: Int) async throws {
    let id = state.withLock { state in
      state.nextDrainWaiter += 1
      return state.nextDrainWaiter
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let result = state.withLock { state -> Result<Void, any Error>? in
          if state.drains > drains || state.end != nil { return .success(()) }
          if Task.isCancelled { return .failure(CancellationError()) }
          state.drainWaiters[id] = waiter
          return nil
        }
        if let result { waiter.resume(with: result) }
      }
    } onCancel: {
      state.withLock { $0.drainWaiters.removeValue(forKey: id) }?
        .resume(throwing: CancellationError())
    }
  }

  func drained() {
    let waiters = state.withLock { state in
      state.drains += 1
      return exchange(&state.drainWaiters, with: [:])
    }
    for waiter in waiters.values { waiter.resume() }
  }

  // MARK: - The end

  /// Whether the task is at work on a message rather than waiting for one.
  var isBusy: Bool { state.withLock { $0.waiter == nil && $0.end == nil } }

  var end: End? { state.withLock { $0.end } }

  func peerClosed(reason: String) {
    state.withLock { $0.reason = reason }
  }

  func finish(_ code: CloseCode) {
    let waiter = state.withLock { state -> Waiter? in
      state.end = End(code: code, reason: state.reason)
      return state.waiter.take()
    }
    waiter?.resume(returning: nil)
    drained()
  }
}
