// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import SwiftletMessaging

/// A store in memory whose answers come when a test lets them, or that does not answer at all.
final class SlowStore: MessageStore {
  private struct State {
    var isSlow = false
    var failure: StoreError?
    var held: [@Sendable () -> Void] = []
  }
  private let store: MemoryStore
  private let state = Mutex(State())

  init(clock: @escaping @Sendable () -> Milliseconds = wallClock) {
    store = MemoryStore(defaultMessageTTL: 3600, clock: clock)
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

  private func pass<Answer: Sendable>(_ done: @escaping Completion<Answer>) -> Completion<Answer> {
    { [self] result in
      state.withLock { state -> (@Sendable () -> Void) in
        let result = state.failure.map { .failure($0) } ?? result
        guard state.isSlow else { return { done(result) } }
        state.held.append { done(result) }
        return {}
      }()
    }
  }

  func observePosts(_ observer: @escaping @Sendable (QueueKey, [StoredMessage]) -> Void) {
    store.observePosts(observer)
  }
  func close() async { await store.close() }

  func createQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>
  ) { store.createQueue(queue, metadata: metadata, pass(done)) }
  func updateQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>
  ) { store.updateQueue(queue, metadata: metadata, pass(done)) }
  func metadata(of queue: QueueKey, _ done: @escaping Completion<[UInt8]?>) {
    store.metadata(of: queue, pass(done))
  }
  func listQueues(
    project: String, after marker: String?, limit: Int,
    _ done: @escaping Completion<[(name: String, metadata: [UInt8])]>
  ) { store.listQueues(project: project, after: marker, limit: limit, pass(done)) }
  func deleteQueue(_ queue: QueueKey, _ done: @escaping Completion<Void>) {
    store.deleteQueue(queue, pass(done))
  }
  func statistics(of queue: QueueKey, _ done: @escaping Completion<QueueStatistics?>) {
    store.statistics(of: queue, pass(done))
  }
  func purge(
    _ queue: QueueKey, messages: Bool, subscriptions: Bool, _ done: @escaping Completion<Void>
  ) { store.purge(queue, messages: messages, subscriptions: subscriptions, pass(done)) }

  func limits(of queue: QueueKey, _ done: @escaping Completion<QueueLimits>) {
    store.limits(of: queue, pass(done))
  }
  func post(
    _ messages: [NewMessage], to queue: QueueKey, client: Identifier, size: Int,
    _ done: @escaping Completion<PostAnswer>
  ) { store.post(messages, to: queue, client: client, size: size, pass(done)) }
  func listMessages(
    of queue: QueueKey, _ query: MessageQuery, _ done: @escaping Completion<[StoredMessage]?>
  ) { store.listMessages(of: queue, query, pass(done)) }
  func messages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<[StoredMessage]?>
  ) { store.messages(ids, of: queue, pass(done)) }
  func deleteMessage(
    _ id: Identifier, of queue: QueueKey, claim: DeleteClaim,
    _ done: @escaping Completion<DeleteAnswer>
  ) { store.deleteMessage(id, of: queue, claim: claim, pass(done)) }
  func deleteMessages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<Void>
  ) { store.deleteMessages(ids, of: queue, pass(done)) }
  func pop(_ limit: Int, from queue: QueueKey, _ done: @escaping Completion<[StoredMessage]>) {
    store.pop(limit, from: queue, pass(done))
  }

  func createClaim(
    of queue: QueueKey, ttl: Int64, grace: Int64, limit: Int,
    _ done: @escaping Completion<ClaimAnswer>
  ) { store.createClaim(of: queue, ttl: ttl, grace: grace, limit: limit, pass(done)) }
  func claim(_ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredClaim?>) {
    store.claim(id, of: queue, pass(done))
  }
  func updateClaim(
    _ id: Identifier, of queue: QueueKey, ttl: Int64, grace: Int64,
    _ done: @escaping Completion<Bool>
  ) { store.updateClaim(id, of: queue, ttl: ttl, grace: grace, pass(done)) }
  func deleteClaim(_ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>) {
    store.deleteClaim(id, of: queue, pass(done))
  }

  func createSubscription(
    of queue: QueueKey, subscriber: String, ttl: Int64, options: [UInt8],
    _ done: @escaping Completion<Identifier?>
  ) {
    store.createSubscription(
      of: queue, subscriber: subscriber, ttl: ttl, options: options, pass(done))
  }
  func updateSubscription(
    _ id: Identifier, of queue: QueueKey, ttl: Int64?, options: [UInt8]?, isConfirmed: Bool?,
    _ done: @escaping Completion<Bool>
  ) {
    store.updateSubscription(
      id, of: queue, ttl: ttl, options: options, isConfirmed: isConfirmed, pass(done))
  }
  func subscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredSubscription?>
  ) { store.subscription(id, of: queue, pass(done)) }
  func listSubscriptions(
    of queue: QueueKey, after marker: Identifier?, limit: Int?,
    _ done: @escaping Completion<[StoredSubscription]>
  ) { store.listSubscriptions(of: queue, after: marker, limit: limit, pass(done)) }
  func deleteSubscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>
  ) { store.deleteSubscription(id, of: queue, pass(done)) }
  func deleteSubscriptions(
    subscriberPrefix prefix: String, _ done: @escaping Completion<Void>
  ) { store.deleteSubscriptions(subscriberPrefix: prefix, pass(done)) }
}
