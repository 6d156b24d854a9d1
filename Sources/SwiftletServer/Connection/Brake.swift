// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Who cannot follow what is published, and which publishers wait for that to end. Used on any thread.
package final class Brake<Cause: Hashable & Sendable>: Sendable {
  private struct State {
    var causes: Set<Cause> = []
    var waiting: [@Sendable () -> Void] = []
  }

  private let state = Locked(State())
  /// Whether there are causes: mostly there is none, and publishers need not look.
  private let isPulled = Atomic(false)

  package init() {}

  package var isOn: Bool { isPulled.load(ordering: .relaxed) }

  package func pull(_ cause: Cause) {
    state.withLock { state in
      state.causes.insert(cause)
      isPulled.store(true, ordering: .relaxed)
    }
  }

  /// Takes a cause back and has all who wait look again.
  package func release(_ cause: Cause) {
    let waiting = state.withLock { state -> [@Sendable () -> Void] in
      guard state.causes.remove(cause) != nil else { return [] }
      isPulled.store(!state.causes.isEmpty, ordering: .relaxed)
      defer { state.waiting = [] }
      return state.waiting
    }
    for lookAgain in waiting { lookAgain() }
  }

  /// Whether one of the causes concerns a publisher; if so `lookAgain` is called once when one of them ends.
  package func holds(
    where concerns: (Cause) -> Bool, _ lookAgain: @escaping @Sendable () -> Void
  ) -> Bool {
    state.withLock { state in
      guard state.causes.contains(where: concerns) else { return false }
      state.waiting.append(lookAgain)
      return true
    }
  }
}
