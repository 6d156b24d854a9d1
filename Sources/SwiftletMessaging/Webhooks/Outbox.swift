// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// The messages that wait for one subscription, in their order: the first of them is tried until it is
/// delivered or given up. Used by the webhooks' thread.
final class Outbox {
  enum Progress: Equatable {
    /// Nothing waits.
    case idle
    /// In the line of those that may try.
    case inLine
    /// The store is asked for what the next step depends on.
    case asking
    case underWay
    case resting(until: Milliseconds)
  }

  let id: Identifier
  let queue: QueueKey
  private(set) var target: WebhookTarget
  private(set) var ends: Milliseconds
  var progress = Progress.idle
  /// Of the first message.
  private(set) var tries = 0
  /// Of the first message's last try.
  var lastFailure: HTTPSender.Outcome?
  /// Whether the subscription is over.
  private(set) var isClosed = false
  /// Whether it was logged that messages are given up; it is not again before one is delivered.
  var hasComplained = false
  private var messages: Deque<Notification> = []
  private let counters: WebhookCounters

  init(_ subscription: StoredSubscription, _ target: WebhookTarget, _ counters: WebhookCounters) {
    id = subscription.id
    queue = subscription.queue
    ends = subscription.expires
    self.target = target
    self.counters = counters
  }

  /// Takes on what has changed of the subscription.
  func renew(_ subscription: StoredSubscription, _ target: WebhookTarget) {
    ends = subscription.expires
    self.target = target
  }

  var isEmpty: Bool { messages.isEmpty }

  /// The message to try, without those whose time is over.
  func first(at now: Milliseconds) -> Notification? {
    while let message = messages.first, message.expires <= now {
      removeFirst()
      counters.dropped.count()
    }
    return messages.first
  }

  func add(_ message: Notification, _ settings: WebhookSettings) {
    let waiting = counters.waitingBytes.load(ordering: .relaxed)
    guard messages.count < settings.maxWaiting, waiting <= settings.maxWaitingBytes else {
      return counters.dropped.count()
    }
    messages.append(message)
    counters.waitingBytes.count(message.size)
  }

  func beginTry() {
    tries += 1
    if tries > 1 { counters.retries.count() }
  }

  /// The first message is done with.
  func removeFirst() {
    counters.waitingBytes.count(-messages.removeFirst().size)
    tries = 0
    lastFailure = nil
  }

  /// The subscription is over: nothing is to be tried any more.
  func close() {
    isClosed = true
    // The message under way has its own end.
    let kept = progress == .underWay ? messages.popFirst() : nil
    counters.dropped.count(messages.count)
    while !messages.isEmpty { removeFirst() }
    if let kept { messages.append(kept) }
  }
}
