// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Glibc
import HeapModule
import Logging

/// The webhooks' thread: brings messages to the outboxes of their queue's subscriptions, and posts.
///
/// A subscription's messages go out one after the other. It is read anew from the store before a try
/// when it may have changed.
final class Courier {
  private struct Rest: Comparable {
    let end: Milliseconds
    let id: Identifier

    static func < (one: Rest, other: Rest) -> Bool { one.end < other.end }
  }

  private let webhooks: Webhooks
  private let store: any MessageStore
  private let sender: HTTPSender
  private let settings: WebhookSettings
  private let counters: WebhookCounters
  private var queues: [QueueKey: WebhookQueue] = [:]
  private var outboxes: [Identifier: Outbox] = [:]
  /// Those that may try, first come first served.
  private var line: Deque<Outbox> = []
  private var rests = Heap<Rest>()
  /// When the shutdown has waited long enough for what is under way; nil before it.
  private var deadline: ContinuousClock.Instant?

  /// What a store that failed is left alone for.
  private static let pause: Milliseconds = 1000
  private static let longestWait: Milliseconds = 60_000

  init(_ webhooks: Webhooks, _ store: any MessageStore) {
    self.webhooks = webhooks
    self.store = store
    sender = webhooks.sender
    settings = webhooks.settings
    counters = webhooks.counters
  }

  func run() {
    // A connection that the other side has closed is an error of the write, not the process' end.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    while true {
      for piece in webhooks.takeNews() { learn(piece) }
      if let deadline, sender.count == 0 || ContinuousClock.now >= deadline { return }
      let now = webhooks.now()
      endRests(now)
      if deadline == nil {
        while sender.count < settings.maxUnderWay, let outbox = line.popFirst() {
          attempt(outbox, now)
        }
      }
      for end in sender.turn(waitingFor: patience(now)) { settle(end.token, end.outcome) }
    }
  }

  /// How long there is nothing to do but what others bring.
  private func patience(_ now: Milliseconds) -> Int32 {
    if let deadline {
      let (seconds, attoseconds) = (deadline - .now).components
      return Int32(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1))
    }
    let rest = rests.min.map { max(0, $0.end - now) } ?? Courier.longestWait
    return Int32(min(rest, Courier.longestWait))
  }

  private func learn(_ piece: Webhooks.News) {
    switch piece {
    case .posted(let messages, let key): take(messages, key)
    case .confirmation(let json, let id, let key):
      queue(key).confirmations.append((json, id))
      distribute(queue(key))
    case .subscriptions(let result, let key, let generation): take(result, key, generation)
    case .metadata(let result, let id): retry(id, result)
    case .stop: deadline = .now + settings.drainTimeout
    }
  }

  // MARK: - Messages and subscriptions

  private func take(_ messages: [StoredMessage], _ key: QueueKey) {
    queue(key).messages += messages.map { Notification($0, of: key) }
    distribute(queue(key))
  }

  private func queue(_ key: QueueKey) -> WebhookQueue {
    if let queue = queues[key] { return queue }
    let queue = WebhookQueue(key)
    queues[key] = queue
    return queue
  }

  private func isFresh(_ queue: WebhookQueue) -> Bool {
    !queue.isReading && webhooks.generation(of: queue.key) == queue.readGeneration
  }

  private func read(_ queue: WebhookQueue) {
    if queue.isReading { return }
    queue.isReading = true
    let key = queue.key
    let generation = webhooks.generation(of: key) ?? 0
    store.listSubscriptions(of: key, after: nil, limit: nil) { [webhooks] in
      webhooks.tell(.subscriptions($0, key, generation: generation))
    }
  }

  private func take(
    _ result: Result<[StoredSubscription], StoreError>, _ key: QueueKey, _ generation: UInt64
  ) {
    guard let queue = queues[key] else { return }
    queue.isReading = false
    switch result {
    case .success(let subscriptions):
      guard webhooks.generation(of: key) ?? 0 == generation else { return read(queue) }
      let found = subscriptions.filter { $0.isWebhook }
      queue.readGeneration = generation
      for outbox in queue.renew(found, settings, counters) { close(outbox) }
      for outbox in queue.outboxes { outboxes[outbox.id] = outbox }
      fillOutboxes(queue)
      for outbox in queue.takeBlocked() { next(outbox) }
      if found.isEmpty && webhooks.forget(key, generation) { queues[key] = nil }
    case .failure(let error):
      webhooks.logger.error("the message store failed: \(error)")
      counters.dropped.count(queue.confirmations.count)
      queue.confirmations = []
      for message in queue.takeMessages() {
        counters.dropped.count()
        counters.waitingBytes.count(-message.size)
      }
      let end = webhooks.now() + Courier.pause
      for outbox in queue.takeBlocked() { rest(outbox, until: end) }
    }
  }

  /// Brings what waits to the outboxes, once they are as the store has the subscriptions.
  private func distribute(_ queue: WebhookQueue) {
    let now = webhooks.now()
    if isFresh(queue) && queue.outboxes.allSatisfy({ $0.ends > now }) {
      fillOutboxes(queue)
    } else {
      read(queue)
    }
  }

  private func fillOutboxes(_ queue: WebhookQueue) {
    for (json, id) in queue.takeConfirmations() {
      if let outbox = outboxes[id] { add(.confirmation(json), to: outbox) }
    }
    for message in queue.takeMessages() {
      counters.waitingBytes.count(-message.size)
      for outbox in queue.outboxes where outbox.takesMessages {
        add(.message(message), to: outbox)
      }
    }
  }

  private func add(_ parcel: Parcel, to outbox: Outbox) {
    outbox.add(parcel)
    if outbox.progress == .idle { next(outbox) }
  }

  /// The subscription is over.
  private func close(_ outbox: Outbox) {
    outbox.close()
    // Of what is under way the outcome is still to come.
    if outbox.progress != .underWay { outboxes[outbox.id] = nil }
  }

  // MARK: - Tries

  private func next(_ outbox: Outbox) {
    outbox.progress = outbox.isEmpty ? .idle : .inLine
    if !outbox.isEmpty { line.append(outbox) }
  }

  private func rest(_ outbox: Outbox, until end: Milliseconds) {
    outbox.progress = .resting(until: end)
    rests.insert(Rest(end: end, id: outbox.id))
    counters.resting.count()
  }

  private func endRests(_ now: Milliseconds) {
    while let rest = rests.min, rest.end <= now {
      rests.removeMin()
      counters.resting.count(-1)
      if let outbox = outboxes[rest.id], outbox.progress == .resting(until: rest.end) {
        next(outbox)
      }
    }
  }

  private func attempt(_ outbox: Outbox, _ now: Milliseconds) {
    guard let queue = queues[outbox.queue], outboxes[outbox.id] === outbox else { return }
    guard isFresh(queue) else {
      outbox.progress = .asking
      queue.blocked.append(outbox)
      return read(queue)
    }
    if outbox.ends <= now { return close(outbox) }
    guard let post = outbox.first(at: now) else {
      outbox.progress = .idle
      return
    }
    outbox.progress = .underWay
    outbox.beginTry()
    sender.send(post, outbox.id)
  }

  private func settle(_ id: Identifier, _ outcome: HTTPSender.Outcome) {
    guard let outbox = outboxes[id] else { return }
    switch outcome {
    case .answered(200..<300):
      counters.delivered.count()
      outbox.hasComplained = false
      outbox.removeFirst()
      next(outbox)
    case .answered(429), .answered(500...), .failed:
      outbox.progress = .asking
      outbox.lastFailure = outcome
      store.metadata(of: outbox.queue) { [webhooks] in
        webhooks.tell(.metadata($0, id))
      }
    case .answered, .refused: giveUp(outbox, outcome)
    }
    if outbox.isClosed { close(outbox) }
  }

  /// The queue's metadata has come: with the subscription's options it says whether and when a message is
  /// tried again.
  private func retry(_ id: Identifier, _ metadata: Result<[UInt8]?, StoreError>) {
    guard let outbox = outboxes[id], let failure = outbox.lastFailure else { return }
    let packed = (try? metadata.get()) ?? nil
    let policy = RetryPolicy(
      subscription: outbox.target.options,
      queue: packed.flatMap { Value.Map(packed: $0) } ?? .init())
    switch outbox.tries - 1 {
    case policy.delays.count...: giveUp(outbox, failure)
    case let retry where policy.delays[retry] == 0: next(outbox)
    case let retry: rest(outbox, until: webhooks.now().after(seconds: policy.delays[retry]))
    }
  }

  private func giveUp(_ outbox: Outbox, _ outcome: HTTPSender.Outcome) {
    let reason: String
    switch outcome {
    case .answered(let status): reason = "answered \(status)"
    case .failed(let words): reason = words
    case .refused: reason = "has no address that may be reached"
    }
    if outcome == .refused { counters.refused.count() } else { counters.failed.count() }
    if !outbox.hasComplained {
      outbox.hasComplained = true
      webhooks.logger.warning(
        """
        gave up a message for \(outbox.target.url.origin), subscription \(outbox.id) of queue \
        \(outbox.queue.name), after \(outbox.tries) tries: \(reason)
        """)
    }
    outbox.removeFirst()
    next(outbox)
  }
}

extension StoredSubscription {
  var isWebhook: Bool { subscriber.utf8.starts(with: Webhooks.subscriberPrefix.utf8) }
}
