// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization

/// Who cannot follow the posts, and which posters wait for that to end.
final class Brake: Sendable {
  enum Cause: Hashable {
    /// A connection that takes its notifications too slowly.
    case subscriber(String)
    /// A loop that has not come to telling what was posted.
    case desk(ObjectIdentifier)
  }

  private struct State {
    var causes: Set<Cause> = []
    var waiting: [Conversation] = []
  }

  private let state = Locked(State())
  /// Whether there are causes: mostly there is none, and posters need not look.
  private let isPulled = Atomic(false)

  var isOn: Bool { isPulled.load(ordering: .relaxed) }

  func pull(_ cause: Cause) {
    state.withLock { state in
      state.causes.insert(cause)
      isPulled.store(true, ordering: .relaxed)
    }
  }

  /// Takes a cause back and has all who wait look again.
  func release(_ cause: Cause) {
    let waiting = state.withLock { state -> [Conversation] in
      guard state.causes.remove(cause) != nil else { return [] }
      isPulled.store(!state.causes.isEmpty, ordering: .relaxed)
      defer { state.waiting = [] }
      return state.waiting
    }
    for conversation in waiting { conversation.answerCame() }
  }

  /// Whether one of the causes concerns a poster; if so ``Conversation/answerCame()`` is called when one
  /// of them ends.
  func holds(_ conversation: Conversation, where concerns: (Cause) -> Bool) -> Bool {
    state.withLock { state in
      guard state.causes.contains(where: concerns) else { return false }
      state.waiting.append(conversation)
      return true
    }
  }
}
