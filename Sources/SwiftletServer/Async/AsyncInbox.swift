// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Synchronization

/// Messages between a loop, which puts them in, and a task, which takes them out.
final class AsyncInbox: Sendable {
  /// With this many messages waiting the connection is not read.
  private static let capacity = 16

  private typealias Waiter = CheckedContinuation<AsyncConnection.Message?, any Error>

  private struct State {
    var messages: Deque<AsyncConnection.Message> = []
    /// The task, when it waits for a message.
    var waiter: Waiter?
    var drainWaiters: [@Sendable () -> Void] = []
    var reference: ConnectionReference?
    var isPaused = false
    var isFinished = false
  }

  private let state = Mutex(State())

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
      if state.isFinished { return .message(nil) }
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

  /// Calls `body` when the connection's queued output has shrunk, or the connection is gone.
  func whenDrained(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.drainWaiters.append(body) }
  }

  func drained() {
    for body in state.withLock({ exchange(&$0.drainWaiters, with: []) }) { body() }
  }

  /// Whether the task is at work on a message rather than waiting for one.
  var isBusy: Bool { state.withLock { $0.waiter == nil && !$0.isFinished } }

  func finish() {
    let waiter = state.withLock { state -> Waiter? in
      state.isFinished = true
      return state.waiter.take()
    }
    waiter?.resume(returning: nil)
    drained()
  }
}
