// SPDX-License-Identifier: Apache-2.0

@testable import SwiftletMessaging

/// Another store's operations, with something done around each.
class StoreAround: MessageStore, @unchecked Sendable {
  let store: any MessageStore

  init(_ store: any MessageStore) { self.store = store }

  /// Makes a call whose answer `done` is for.
  func pass<Answer: Sendable>(
    _ done: @escaping Completion<Answer>, _ call: (@escaping Completion<Answer>) -> Void
  ) { call(done) }

  func observePosts(_ observer: @escaping @Sendable (QueueKey, [StoredMessage]) -> Void) {
    store.observePosts(observer)
  }
  func close() async { await store.close() }

  func createQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>
  ) { pass(done) { store.createQueue(queue, metadata: metadata, $0) } }
  func updateQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>
  ) { pass(done) { store.updateQueue(queue, metadata: metadata, $0) } }
  func metadata(of queue: QueueKey, _ done: @escaping Completion<[UInt8]?>) {
    pass(done) { store.metadata(of: queue, $0) }
  }
  func listQueues(
    project: String, after marker: String?, limit: Int,
    _ done: @escaping Completion<[(name: String, metadata: [UInt8])]>
  ) { pass(done) { store.listQueues(project: project, after: marker, limit: limit, $0) } }
  func deleteQueue(_ queue: QueueKey, _ done: @escaping Completion<Void>) {
    pass(done) { store.deleteQueue(queue, $0) }
  }
  func statistics(of queue: QueueKey, _ done: @escaping Completion<QueueStatistics?>) {
    pass(done) { store.statistics(of: queue, $0) }
  }
  func purge(
    _ queue: QueueKey, messages: Bool, subscriptions: Bool, _ done: @escaping Completion<Void>
  ) { pass(done) { store.purge(queue, messages: messages, subscriptions: subscriptions, $0) } }

  func limits(of queue: QueueKey, _ done: @escaping Completion<QueueLimits>) {
    pass(done) { store.limits(of: queue, $0) }
  }
  func post(
    _ messages: [NewMessage], to queue: QueueKey, client: Identifier, size: Int,
    _ done: @escaping Completion<PostAnswer>
  ) { pass(done) { store.post(messages, to: queue, client: client, size: size, $0) } }
  func listMessages(
    of queue: QueueKey, _ query: MessageQuery, _ done: @escaping Completion<[StoredMessage]?>
  ) { pass(done) { store.listMessages(of: queue, query, $0) } }
  func messages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<[StoredMessage]?>
  ) { pass(done) { store.messages(ids, of: queue, $0) } }
  func deleteMessage(
    _ id: Identifier, of queue: QueueKey, claim: DeleteClaim,
    _ done: @escaping Completion<DeleteAnswer>
  ) { pass(done) { store.deleteMessage(id, of: queue, claim: claim, $0) } }
  func deleteMessages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<Void>
  ) { pass(done) { store.deleteMessages(ids, of: queue, $0) } }
  func pop(_ limit: Int, from queue: QueueKey, _ done: @escaping Completion<[StoredMessage]>) {
    pass(done) { store.pop(limit, from: queue, $0) }
  }

  func createClaim(
    of queue: QueueKey, ttl: Int64, grace: Int64, limit: Int,
    _ done: @escaping Completion<ClaimAnswer>
  ) { pass(done) { store.createClaim(of: queue, ttl: ttl, grace: grace, limit: limit, $0) } }
  func claim(_ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredClaim?>) {
    pass(done) { store.claim(id, of: queue, $0) }
  }
  func updateClaim(
    _ id: Identifier, of queue: QueueKey, ttl: Int64, grace: Int64,
    _ done: @escaping Completion<Bool>
  ) { pass(done) { store.updateClaim(id, of: queue, ttl: ttl, grace: grace, $0) } }
  func deleteClaim(_ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>) {
    pass(done) { store.deleteClaim(id, of: queue, $0) }
  }

  func createSubscription(
    of queue: QueueKey, subscriber: String, ttl: Int64, options: [UInt8],
    _ done: @escaping Completion<Identifier?>
  ) {
    pass(done) {
      store.createSubscription(of: queue, subscriber: subscriber, ttl: ttl, options: options, $0)
    }
  }
  func updateSubscription(
    _ id: Identifier, of queue: QueueKey, ttl: Int64?, options: [UInt8]?, isConfirmed: Bool?,
    _ done: @escaping Completion<Bool>
  ) {
    pass(done) {
      store.updateSubscription(
        id, of: queue, ttl: ttl, options: options, isConfirmed: isConfirmed, $0)
    }
  }
  func subscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredSubscription?>
  ) { pass(done) { store.subscription(id, of: queue, $0) } }
  func listSubscriptions(
    of queue: QueueKey, after marker: Identifier?, limit: Int?,
    _ done: @escaping Completion<[StoredSubscription]>
  ) { pass(done) { store.listSubscriptions(of: queue, after: marker, limit: limit, $0) } }
  func deleteSubscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>
  ) { pass(done) { store.deleteSubscription(id, of: queue, $0) } }
  func queues(
    subscriberPrefix prefix: String, _ done: @escaping Completion<[QueueKey]>
  ) { pass(done) { store.queues(subscriberPrefix: prefix, $0) } }
  func deleteSubscriptions(
    subscriberPrefix prefix: String, _ done: @escaping Completion<Void>
  ) { pass(done) { store.deleteSubscriptions(subscriberPrefix: prefix, $0) } }
}
