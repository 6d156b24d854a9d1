// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// Lets tasks wait until something has happened so many times.
final class Countdown: Sendable {
  private struct State {
    var left: Int
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Locked<State>

  init(_ count: Int) { state = Locked(State(left: count)) }

  func countDown() {
    let waiters = state.withLock { state in
      state.left -= 1
      return state.left == 0 ? exchange(&state.waiters, with: []) : []
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { waiter in
      let isOver = state.withLock { state in
        if state.left > 0 { state.waiters.append(waiter) }
        return state.left <= 0
      }
      if isOver { waiter.resume() }
    }
  }
}
