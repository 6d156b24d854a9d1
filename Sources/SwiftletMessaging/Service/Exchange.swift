// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization

/// A request on its way to its answer, which any thread may give, before the action returns or after.
final class Exchange: Sendable {
  let request: Request
  /// What the response repeats.
  let echo: Envelope
  let conversation: Conversation

  private enum Progress: UInt8, AtomicRepresentable {
    /// The action has not returned.
    case running
    /// It has, without an answer.
    case waiting
    case answered
  }

  private let progress = Atomic(Progress.running)
  /// Written before the progress says so, and read after.
  nonisolated(unsafe) private var outcome: Outcome?

  struct Outcome {
    var answer: Answer
    /// What the connection is to be told from then on.
    var subscriptions: [LiveSubscription]
    /// What an authenticate has proved.
    var grant: Grant?
  }

  init(_ request: Request, _ echo: Envelope, in conversation: Conversation) {
    self.request = request
    self.echo = echo
    self.conversation = conversation
  }

  /// Answers. Called once.
  func answer(
    _ answer: Answer, subscribing subscriptions: [LiveSubscription] = [],
    admitting grant: Grant? = nil
  ) {
    outcome = Outcome(answer: answer, subscriptions: subscriptions, grant: grant)
    if progress.exchange(.answered, ordering: .acquiringAndReleasing) == .waiting {
      conversation.answerCame()
    }
  }

  /// The outcome, if it is there. Else the conversation is told when it comes.
  func outcomeOrWait() -> Outcome? {
    let (waits, _) = progress.compareExchange(
      expected: .running, desired: .waiting, ordering: .acquiringAndReleasing)
    return waits ? nil : outcome
  }

  /// The outcome of an exchange that was waited for, if it has come.
  var outcomeIfThere: Outcome? {
    progress.load(ordering: .acquiring) == .answered ? outcome : nil
  }
}

extension Exchange {
  /// Answers with what `body` makes of a store's answer; a store that did not answer is an error that
  /// nothing more can be said of.
  func answer<Stored>(_ result: Result<Stored, StoreError>, _ body: (Stored) -> Answer) {
    switch result {
    case .success(let stored): answer(body(stored))
    case .failure(let error): answer(error)
    }
  }

  /// The same for what has a sentence of its own to say that it failed, or none.
  func answer<Stored>(
    _ result: Result<Stored, StoreError>, orUnavailable sentence: String?,
    _ body: (Stored) -> Answer
  ) {
    switch result {
    case .success(let stored): answer(body(stored))
    case .failure(let error): answer(error, orUnavailable: sentence)
    }
  }

  func answer(_ error: StoreError) {
    conversation.service.note(error)
    answer(.failure(500, error.description, "Unexpected error."))
  }

  func answer(_ error: StoreError, orUnavailable sentence: String?) {
    conversation.service.note(error)
    answer(.failure(503, error.description, sentence))
  }
}
