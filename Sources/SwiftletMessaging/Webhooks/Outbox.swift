// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// What is posted to a webhook.
enum Parcel {
  case message(Notification)
  /// In JSON.
  case confirmation([UInt8])

  var size: Int {
    switch self {
    case .message(let message): message.size
    case .confirmation(let json): json.count
    }
  }
}

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
  /// Whether messages are to be sent, and not only confirmations.
  private(set) var takesMessages: Bool
  private var parcels: Deque<Parcel> = []
  private let counters: WebhookCounters

  private let settings: WebhookSettings

  init(
    _ subscription: StoredSubscription, _ target: WebhookTarget, _ settings: WebhookSettings,
    _ counters: WebhookCounters
  ) {
    id = subscription.id
    queue = subscription.queue
    ends = subscription.expires
    takesMessages = subscription.isConfirmed || !settings.requiresConfirmation
    self.target = target
    self.settings = settings
    self.counters = counters
  }

  /// Takes on what has changed of the subscription.
  func renew(_ subscription: StoredSubscription, _ target: WebhookTarget) {
    ends = subscription.expires
    takesMessages = subscription.isConfirmed || !settings.requiresConfirmation
    self.target = target
  }

  var isEmpty: Bool { parcels.isEmpty }

  /// The post to try. Messages whose time is over, or which are not wanted any more, are left out.
  func first(at now: Milliseconds) -> HTTPSender.Post? {
    while let parcel = parcels.first {
      switch parcel {
      case .message(let message) where takesMessages && message.expires > now:
        return target.post(message.json)
      case .confirmation(let json): return target.post(confirmation: json)
      case .message:
        removeFirst()
        counters.dropped.count()
      }
    }
    return nil
  }

  func add(_ parcel: Parcel) {
    let waiting = counters.waitingBytes.load(ordering: .relaxed)
    guard parcels.count < settings.maxWaiting, waiting <= settings.maxWaitingBytes else {
      return counters.dropped.count()
    }
    parcels.append(parcel)
    counters.waitingBytes.count(parcel.size)
  }

  func beginTry() {
    tries += 1
    if tries > 1 { counters.retries.count() }
  }

  /// The first message is done with.
  func removeFirst() {
    counters.waitingBytes.count(-parcels.removeFirst().size)
    tries = 0
    lastFailure = nil
  }

  /// The subscription is over: nothing is to be tried any more.
  func close() {
    isClosed = true
    // The message under way has its own end.
    let kept = progress == .underWay ? parcels.popFirst() : nil
    counters.dropped.count(parcels.count)
    while !parcels.isEmpty { removeFirst() }
    if let kept { parcels.append(kept) }
  }
}
