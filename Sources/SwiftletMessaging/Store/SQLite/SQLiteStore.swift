// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// A store in a file of SQLite's, for one machine: what it answered is on disk.
///
/// A thread of its own does all the work, see ``Writer``, and runs the completions. The file is this
/// process's alone while the store is open. Time is that of a clock which may stand still or jump.
public final class SQLiteStore: MessageStore {
  private let operations = OperationQueue()
  private let observer = Locked<Observer?>(nil)

  /// A bare closure behind the lock would be wrapped once more with every look at it.
  private struct Observer {
    let hear: @Sendable (QueueKey, [StoredMessage]) -> Void
  }

  /// Opens the file, or makes it; one of an older version is brought to the present one.
  /// `defaultMessageTTL` is in seconds, for messages and queues that say nothing of it.
  public init(
    path: String, defaultMessageTTL: Int64, clock: @escaping @Sendable () -> Milliseconds
  ) throws(StoreFileError) {
    let writer = try Writer(
      path: path, operations: operations, defaultMessageTTL: defaultMessageTTL, clock: clock)
    startThread("swiftlet-store") { writer.run() }
  }

  deinit { operations.close {} }

  public func observePosts(_ observer: @escaping @Sendable (QueueKey, [StoredMessage]) -> Void) {
    self.observer.withLock { $0 = Observer(hear: observer) }
  }

  public func close() async {
    await withCheckedContinuation { closed in operations.close { closed.resume() } }
  }

  private func perform<Answer>(
    _ done: @escaping Completion<Answer>,
    _ work: @escaping @Sendable (SQLiteState) throws -> Answer
  ) {
    let operation = Operation(
      perform: { state in
        let answer = try work(state)
        return { done(.success(answer)) }
      }, fail: { done(.failure($0)) })
    if !operations.push(operation) { done(.failure(StoreError("the store is closed"))) }
  }

  // MARK: Queues

  public func createQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>
  ) {
    perform(done) { try $0.createQueue(queue, metadata) }
  }

  public func updateQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>
  ) {
    perform(done) { try $0.updateQueue(queue, metadata) }
  }

  public func metadata(of queue: QueueKey, _ done: @escaping Completion<[UInt8]?>) {
    perform(done) { try $0.metadata(of: queue) }
  }

  public func listQueues(
    project: String, after marker: String?, limit: Int,
    _ done: @escaping Completion<[(name: String, metadata: [UInt8])]>
  ) {
    perform(done) { try $0.listQueues(of: project, after: marker, limit: limit) }
  }

  public func deleteQueue(_ queue: QueueKey, _ done: @escaping Completion<Void>) {
    perform(done) { try $0.deleteQueue(queue) }
  }

  public func statistics(of queue: QueueKey, _ done: @escaping Completion<QueueStatistics?>) {
    perform(done) { try $0.statistics(of: queue) }
  }

  public func purge(
    _ queue: QueueKey, messages: Bool, subscriptions: Bool, _ done: @escaping Completion<Void>
  ) {
    perform(done) {
      if messages { try $0.purgeMessages(of: queue) }
      if subscriptions { try $0.subscriptions.deleteOfQueue.run(queue.project, queue.name) }
    }
  }

  public func limits(of queue: QueueKey, _ done: @escaping Completion<QueueLimits>) {
    perform(done) { try $0.limits(of: queue) }
  }

  // MARK: Messages

  public func post(
    _ messages: [NewMessage], to queue: QueueKey, client: Identifier, size: Int,
    _ done: @escaping Completion<PostAnswer>
  ) {
    let observer = observer.withLock { $0 }
    perform(
      { result in
        if let observer, case .success(let (_, posted)) = result, !posted.isEmpty {
          observer.hear(queue, posted)
        }
        done(result.map(\.answer))
      },
      {
        try $0.post(
          messages, to: queue, client: client, size: size, keepsPosted: observer != nil)
      })
  }

  public func listMessages(
    of queue: QueueKey, _ query: MessageQuery, _ done: @escaping Completion<[StoredMessage]?>
  ) {
    perform(done) { try $0.listMessages(of: queue, query) }
  }

  public func messages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<[StoredMessage]?>
  ) {
    perform(done) { try $0.messages(ids, of: queue) }
  }

  public func deleteMessage(
    _ id: Identifier, of queue: QueueKey, claim: DeleteClaim,
    _ done: @escaping Completion<DeleteAnswer>
  ) {
    perform(done) { try $0.deleteMessage(id, of: queue, claim) }
  }

  public func deleteMessages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<Void>
  ) {
    perform(done) { try $0.deleteMessages(ids, of: queue) }
  }

  public func pop(
    _ limit: Int, from queue: QueueKey, _ done: @escaping Completion<[StoredMessage]>
  ) {
    perform(done) { try $0.pop(limit, from: queue) }
  }

  // MARK: Claims

  public func createClaim(
    of queue: QueueKey, ttl: Int64, grace: Int64, limit: Int,
    _ done: @escaping Completion<ClaimAnswer>
  ) {
    perform(done) { try $0.createClaim(of: queue, ttl: ttl, grace: grace, limit: limit) }
  }

  public func claim(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredClaim?>
  ) {
    perform(done) { try $0.claim(id, of: queue) }
  }

  public func updateClaim(
    _ id: Identifier, of queue: QueueKey, ttl: Int64, grace: Int64,
    _ done: @escaping Completion<Bool>
  ) {
    perform(done) { try $0.updateClaim(id, of: queue, ttl: ttl, grace: grace) }
  }

  public func deleteClaim(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>
  ) {
    perform(done) { try $0.deleteClaim(id, of: queue) }
  }

  // MARK: Subscriptions

  public func createSubscription(
    of queue: QueueKey, subscriber: String, ttl: Int64, options: [UInt8],
    _ done: @escaping Completion<Identifier?>
  ) {
    perform(done) {
      try $0.createSubscription(of: queue, subscriber: subscriber, ttl: ttl, options: options)
    }
  }

  public func updateSubscription(
    _ id: Identifier, of queue: QueueKey, ttl: Int64?, options: [UInt8]?, isConfirmed: Bool?,
    _ done: @escaping Completion<Bool>
  ) {
    perform(done) {
      try $0.updateSubscription(
        id, of: queue, ttl: ttl, options: options, isConfirmed: isConfirmed)
    }
  }

  public func subscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredSubscription?>
  ) {
    perform(done) { try $0.subscription(id, of: queue) }
  }

  public func listSubscriptions(
    of queue: QueueKey, after marker: Identifier?, limit: Int?,
    _ done: @escaping Completion<[StoredSubscription]>
  ) {
    perform(done) { try $0.listSubscriptions(of: queue, after: marker, limit: limit) }
  }

  public func deleteSubscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>
  ) {
    perform(done) { try $0.deleteSubscription(id, of: queue) }
  }

  public func queues(
    subscriberPrefix prefix: String, _ done: @escaping Completion<[QueueKey]>
  ) {
    perform(done) { try $0.queues(subscriberPrefix: prefix) }
  }

  public func deleteSubscriptions(
    subscriberPrefix prefix: String, _ done: @escaping Completion<Void>
  ) {
    perform(done) { try $0.subscriptions.deleteByPrefix.run(prefix) }
  }
}
