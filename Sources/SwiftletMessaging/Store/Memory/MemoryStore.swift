// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// A store in memory, for when nothing has to last.
///
/// One lock guards it: what is done under it is too short for more to pay. Completions run before
/// the call returns, outside the lock. Time is that of a clock which may stand still or jump.
public final class MemoryStore: MessageStore, @unchecked Sendable {
  private let lock = Lock()
  private var state: MemoryState
  private let clock: @Sendable () -> Milliseconds
  private let defaultMessageTTL: Int64

  /// `defaultMessageTTL` is in seconds, for messages and queues that say nothing of it.
  public init(defaultMessageTTL: Int64, clock: @escaping @Sendable () -> Milliseconds) {
    state = MemoryState(scheme: IdentifierScheme(key: .random()))
    self.defaultMessageTTL = defaultMessageTTL
    self.clock = clock
  }

  public func observePosts(_ observer: @escaping @Sendable (QueueKey, [StoredMessage]) -> Void) {
    locked { state, _ in state.observer = observer }
  }

  public func close() async {}

  private func locked<Answer>(_ body: (inout MemoryState, Milliseconds) -> Answer) -> Answer {
    lock.lock()
    defer { lock.unlock() }
    let now = clock()
    state.sweep(now)
    return body(&state, now)
  }

  // MARK: Queues

  public func createQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>
  ) {
    let isMade = locked { state, now in
      if state.queue(queue, now) != nil { return false }
      state.add(queue, metadata)
      return true
    }
    done(.success(isMade))
  }

  public func updateQueue(
    _ queue: QueueKey, metadata: QueueMetadata, _ done: @escaping Completion<Bool>
  ) {
    let isThere = locked { state, now in
      guard let queue = state.queue(queue, now) else { return false }
      queue.metadata = metadata
      return true
    }
    done(.success(isThere))
  }

  public func metadata(of queue: QueueKey, _ done: @escaping Completion<[UInt8]?>) {
    done(.success(locked { state, now in state.queue(queue, now)?.metadata.packed }))
  }

  public func listQueues(
    project: String, after marker: String?, limit: Int,
    _ done: @escaping Completion<[(name: String, metadata: [UInt8])]>
  ) {
    done(
      .success(
        locked { state, _ in state.queues(of: project, after: marker, limit: limit) }))
  }

  public func deleteQueue(_ queue: QueueKey, _ done: @escaping Completion<Void>) {
    locked { state, _ in state.remove(queue) }
    done(.success(()))
  }

  public func statistics(of queue: QueueKey, _ done: @escaping Completion<QueueStatistics?>) {
    done(.success(locked { state, now in state.queue(queue, now)?.statistics }))
  }

  public func purge(
    _ queue: QueueKey, messages: Bool, subscriptions: Bool, _ done: @escaping Completion<Void>
  ) {
    locked { state, now in
      if messages { state.queue(queue, now)?.messages.removeFree() }
      if subscriptions { state.subscriptions.deleteAll(of: queue) }
    }
    done(.success(()))
  }

  public func limits(of queue: QueueKey, _ done: @escaping Completion<QueueLimits>) {
    let metadata = locked { state, now in state.madeQueue(queue, now).metadata }
    done(
      .success(
        QueueLimits(
          maxPostSize: metadata.maxPostSize, defaultTTL: metadata.defaultTTL ?? defaultMessageTTL)))
  }

  // MARK: Messages

  public func post(
    _ messages: [NewMessage], to queue: QueueKey, client: Identifier, size: Int,
    _ done: @escaping Completion<PostAnswer>
  ) {
    let answer = locked { state, now in
      let queue = state.madeQueue(queue, now)
      if let bound = queue.metadata.maxPostSize, size > bound {
        return PostAnswer.tooLarge(bound: bound)
      }
      state.collect(forPostOf: messages.count)
      return .posted(
        queue.post(
          messages, by: client, defaultTTL: queue.metadata.defaultTTL ?? defaultMessageTTL,
          now: now, observer: state.observer))
    }
    done(.success(answer))
  }

  public func listMessages(
    of queue: QueueKey, _ query: MessageQuery, _ done: @escaping Completion<[StoredMessage]?>
  ) {
    done(.success(locked { state, now in state.queue(queue, now)?.list(query) }))
  }

  public func messages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<[StoredMessage]?>
  ) {
    let answer = locked { state, now in
      state.queue(queue, now).map { queue in
        ids.compactMap { queue.find($0).map(queue.stored) }
      }
    }
    done(.success(answer))
  }

  public func deleteMessage(
    _ id: Identifier, of queue: QueueKey, claim: DeleteClaim,
    _ done: @escaping Completion<DeleteAnswer>
  ) {
    done(.success(locked { state, now in state.queue(queue, now)?.delete(id, claim) ?? .done }))
  }

  public func deleteMessages(
    _ ids: [Identifier], of queue: QueueKey, _ done: @escaping Completion<Void>
  ) {
    locked { state, now in
      guard let queue = state.queue(queue, now) else { return }
      for id in ids {
        if let found = queue.find(id) { _ = queue.messages.remove(found.sequence) }
      }
    }
    done(.success(()))
  }

  public func pop(
    _ limit: Int, from queue: QueueKey, _ done: @escaping Completion<[StoredMessage]>
  ) {
    done(.success(locked { state, now in state.queue(queue, now)?.pop(limit) ?? [] }))
  }

  // MARK: Claims

  public func createClaim(
    of queue: QueueKey, ttl: Int64, grace: Int64, limit: Int,
    _ done: @escaping Completion<ClaimAnswer>
  ) {
    let answer = locked { state, now in
      state.claim(from: queue, ttl: ttl, grace: grace, limit: limit, now: now)
    }
    done(.success(answer))
  }

  public func claim(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredClaim?>
  ) {
    done(.success(locked { state, now in state.queue(queue, now)?.storedClaim(id) }))
  }

  public func updateClaim(
    _ id: Identifier, of queue: QueueKey, ttl: Int64, grace: Int64,
    _ done: @escaping Completion<Bool>
  ) {
    let isThere = locked { state, now in
      state.queue(queue, now)?.updateClaim(id, ttl: ttl, grace: grace, now: now) ?? false
    }
    done(.success(isThere))
  }

  public func deleteClaim(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>
  ) {
    locked { state, now in
      guard let queue = state.queue(queue, now), let number = queue.claimNumber(of: id)
      else { return }
      queue.end(claim: number)
    }
    done(.success(()))
  }

  // MARK: Subscriptions

  public func createSubscription(
    of queue: QueueKey, subscriber: String, ttl: Int64, options: [UInt8],
    _ done: @escaping Completion<Identifier?>
  ) {
    let id = locked { state, now in
      _ = state.madeQueue(queue, now)
      state.subscriptions.catchUp(now)
      return state.subscriptions.create(
        of: queue, subscriber: subscriber, ttl: ttl, options: options, now: now)
    }
    done(.success(id))
  }

  public func updateSubscription(
    _ id: Identifier, of queue: QueueKey, ttl: Int64?, options: [UInt8]?, isConfirmed: Bool?,
    _ done: @escaping Completion<Bool>
  ) {
    let isThere = locked { state, now in
      state.subscriptions.catchUp(now)
      return state.subscriptions.update(
        id, of: queue, ttl: ttl, options: options, isConfirmed: isConfirmed, now: now)
    }
    done(.success(isThere))
  }

  public func subscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<StoredSubscription?>
  ) {
    let found = locked { state, now in
      state.subscriptions.catchUp(now)
      return state.subscriptions.subscription(id, of: queue)
    }
    done(.success(found))
  }

  public func listSubscriptions(
    of queue: QueueKey, after marker: Identifier?, limit: Int?,
    _ done: @escaping Completion<[StoredSubscription]>
  ) {
    let found = locked { state, now in
      state.subscriptions.catchUp(now)
      return state.subscriptions.list(of: queue, after: marker, limit: limit)
    }
    done(.success(found))
  }

  public func deleteSubscription(
    _ id: Identifier, of queue: QueueKey, _ done: @escaping Completion<Void>
  ) {
    locked { state, _ in state.subscriptions.delete(id, of: queue) }
    done(.success(()))
  }

  public func queues(
    subscriberPrefix prefix: String, _ done: @escaping Completion<[QueueKey]>
  ) {
    let found = locked { state, now in
      state.subscriptions.catchUp(now)
      return state.subscriptions.queues(subscriberPrefix: prefix)
    }
    done(.success(found))
  }

  public func deleteSubscriptions(
    subscriberPrefix prefix: String, _ done: @escaping Completion<Void>
  ) {
    locked { state, _ in state.subscriptions.deleteAll(subscriberPrefix: prefix) }
    done(.success(()))
  }
}
