// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import SwiftletServer
import Synchronization

/// Posts messages to the subscribers that are URLs. What other threads know of it: news go in here, and
/// a ``Courier`` on a thread of its own delivers.
final class Webhooks: Sendable {
  enum News: Sendable {
    case posted([StoredMessage], QueueKey)
    /// In JSON.
    case confirmation([UInt8], Identifier, QueueKey)
    case subscriptions(Result<[StoredSubscription], StoreError>, QueueKey, generation: UInt64)
    case metadata(Result<[UInt8]?, StoreError>, Identifier)
    case stop
  }

  private struct Known {
    /// Queues that may have webhooks, with a number that is new whenever their subscriptions are.
    var queues: [QueueKey: UInt64] = [:]
    var generation: UInt64 = 0

    mutating func renew(_ queue: QueueKey) {
      generation += 1
      queues[queue] = generation
    }
  }

  private let known = Locked(Known())
  /// Most posts find no webhooks anywhere and need not look.
  private let knownCount = Atomic(0)
  private let news = Locked<[News]>([])
  let counters = WebhookCounters()
  let settings: WebhookSettings
  let sender: HTTPSender
  let now: @Sendable () -> Milliseconds
  let logger: Logger

  init(
    _ settings: WebhookSettings, now: @escaping @Sendable () -> Milliseconds, logger: Logger
  ) {
    self.settings = settings
    self.now = now
    self.logger = logger
    sender = HTTPSender(settings)
  }

  /// What both schemes begin with, and no other subscriber.
  static let subscriberPrefix = "http"

  /// Delivers until the graceful shutdown.
  func run(_ store: any MessageStore) async {
    await withGracefulShutdownHandler {
      await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
        startThread("swiftlet-hooks") { [self] in
          Courier(self, store).run()
          done.resume()
        }
      }
    } onGracefulShutdown: {
      self.tell(.stop)
    }
  }

  // MARK: - Subscriptions

  /// A queue has a new webhook.
  func subscribed(to queue: QueueKey) {
    known.withLock { known in
      known.renew(queue)
      knownCount.store(known.queues.count, ordering: .relaxed)
    }
  }

  /// Subscriptions of a queue may be other than they were, or gone.
  func changed(_ queue: QueueKey) {
    known.withLock { if $0.queues[queue] != nil { $0.renew(queue) } }
  }

  /// Differs from what it was before when the queue's subscriptions may; nil when it has no webhooks.
  func generation(of queue: QueueKey) -> UInt64? { known.withLock { $0.queues[queue] } }

  /// No webhook was found. Answers false when there may be one since the generation that was read.
  func forget(_ queue: QueueKey, _ generation: UInt64) -> Bool {
    known.withLock { known in
      guard known.queues[queue] ?? generation == generation else { return false }
      known.queues[queue] = nil
      knownCount.store(known.queues.count, ordering: .relaxed)
      return true
    }
  }

  // MARK: - News

  /// Told of every post, in the order of the posts to a queue, from within the store.
  func posted(_ messages: [StoredMessage], to queue: QueueKey) {
    guard knownCount.load(ordering: .relaxed) > 0, generation(of: queue) != nil else { return }
    let size = messages.reduce(0) { $0 + $1.sizeForWebhooks }
    guard counters.waitingBytes.load(ordering: .relaxed) <= settings.maxWaitingBytes else {
      return counters.dropped.count(messages.count)
    }
    counters.waitingBytes.count(size)
    tell(.posted(messages, queue))
  }

  func tell(_ piece: News) {
    let isFirst = news.withLock { news in
      news.append(piece)
      return news.count == 1
    }
    if isFirst { sender.wake() }
  }

  func takeNews() -> [News] {
    news.withLock { news in
      defer { news = [] }
      return news
    }
  }
}
