// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

@testable import SwiftletMessaging

/// A store in memory whose answers come when a test lets them, or that does not answer at all.
final class SlowStore: StoreAround, @unchecked Sendable {
  private struct State {
    var isSlow = false
    var failure: StoreError?
    var held: [@Sendable () -> Void] = []
  }
  private let state = Locked(State())

  init(clock: @escaping @Sendable () -> Milliseconds = wallClock) {
    super.init(MemoryStore(defaultMessageTTL: 3600, clock: clock))
  }

  /// From now on answers are held back.
  func slowDown() { state.withLock { $0.isSlow = true } }
  /// From now on every answer is this error.
  func fail(_ error: StoreError) { state.withLock { $0.failure = error } }

  var heldCount: Int { state.withLock { $0.held.count } }

  /// Gives an answer that is held back.
  func release(_ index: Int = 0) { state.withLock { $0.held.remove(at: index) }() }

  /// Gives one of those that are held back.
  func releaseAny() {
    state.withLock { $0.held.remove(at: Int.random(in: $0.held.indices)) }()
  }

  override func pass<Answer: Sendable>(
    _ done: @escaping Completion<Answer>, _ call: (@escaping Completion<Answer>) -> Void
  ) {
    call { [self] result in
      state.withLock { state -> (@Sendable () -> Void) in
        let result = state.failure.map { .failure($0) } ?? result
        guard state.isSlow else { return { done(result) } }
        state.held.append { done(result) }
        return {}
      }()
    }
  }
}
