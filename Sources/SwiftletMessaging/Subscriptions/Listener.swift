// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization

/// A subscription that is delivered to its connection.
///
/// Any thread may change or end it; what it is told passes through its conversation, on the loop.
final class Listener: Sendable {
  let id: Identifier
  /// The id's characters.
  let idText: [UInt8]
  /// Its name may be a pattern.
  let queue: QueueKey
  let subscriber: String
  let format: WireFormat
  /// Whether messages are claimed for it.
  let isAcknowledging: Bool
  let connection: ConnectionReference
  let conversation: Conversation
  /// Those subscribed to by the same request before this one: where one of them is told of a post,
  /// this one is not.
  private let elders: [Listener]
  /// As it was created, with what was changed since.
  private let record: Locked<StoredSubscription>
  private let expires: Atomic<Milliseconds>
  private let hasIDs: Atomic<Bool>
  private let hasEnded = Atomic(false)
  /// Where it is among its audience. Guarded by the hub's lock.
  nonisolated(unsafe) var place = 0
  /// By queue what is still to be told of the past. Used on the loop alone.
  nonisolated(unsafe) private var replays: [QueueKey: Replay]

  init(
    _ subscription: LiveSubscription, elders: [Listener], _ connection: ConnectionReference,
    _ conversation: Conversation
  ) {
    id = subscription.id
    idText = Array(subscription.id.description.utf8)
    queue = subscription.queue
    subscriber = subscription.subscriber
    format = subscription.format
    isAcknowledging = subscription.options.ack
    self.connection = connection
    self.conversation = conversation
    self.elders = elders
    record = Locked(subscription.stored)
    expires = Atomic(subscription.stored.expires)
    hasIDs = Atomic(subscription.options.ids)
    replays = Dictionary(
      uniqueKeysWithValues: subscription.replays.map { ($0.queue, Replay(after: $0.message)) })
  }

  // MARK: - On any thread

  var stored: StoredSubscription { record.withLock { $0 } }

  /// Whether it was ended before its time.
  var isEnded: Bool { hasEnded.load(ordering: .relaxed) }

  func isLive(at now: Milliseconds) -> Bool {
    !isEnded && expires.load(ordering: .relaxed) > now
  }

  func end() { hasEnded.store(true, ordering: .relaxed) }

  /// Changes what is given; with a ttl its life begins anew.
  func update(
    ttl: Int64?, options: SubscriptionOptions?, isConfirmed: Bool?, at now: Milliseconds
  ) {
    record.withLock { record in
      if let isConfirmed { record.isConfirmed = isConfirmed }
      if let options {
        record.options = options.packed
        hasIDs.store(options.ids, ordering: .relaxed)
      }
      if let ttl {
        record.ttl = ttl
        record.created = now
        expires.store(record.expires, ordering: .relaxed)
      }
    }
  }

  var style: Notification.Style {
    Notification.Style(format: format, hasIDs: hasIDs.load(ordering: .relaxed))
  }

  /// Whether posts to `queue` are this subscription's to tell.
  func tells(of queue: QueueKey, at now: Milliseconds) -> Bool {
    !elders.contains { $0.isLive(at: now) && $0.queue.covers(queue) }
  }

  // MARK: - On the loop

  /// Hears of a post; true when it is to be told now.
  func heard(_ post: Notification) -> Bool {
    guard replays[post.queue] != nil else { return true }
    let isToldNow = replays[post.queue]!.heard(post)
    // What comes behind this one is new as well.
    if isToldNow { replays[post.queue] = nil }
    return isToldNow
  }

  /// A queue whose past is to be read, and behind which message.
  var pageToRead: (QueueKey, after: Identifier?)? {
    replays.first { $1.isReading }.map { ($0, $1.marker) }
  }

  /// A page of what was there, and what of it and of later posts is to be told.
  func take(_ page: [StoredMessage], of queue: QueueKey) -> [Notification] {
    replays[queue]?.take(page, of: queue) ?? []
  }
}

extension Listener: ClaimTaker {
  func take(
    _ message: StoredMessage, of queue: QueueKey, claim: Identifier,
    orElse refuse: @escaping @Sendable () -> Void
  ) {
    let bytes = Notification(message, of: queue).encoded(format, claim: claim, subscription: id)
    connection.perform(
      { [self] connection in
        bytes.withUnsafeBytes { bytes in
          conversation.say(bytes, format.kind) { conversation.carryOut($0, on: connection) }
        }
      }, otherwise: refuse)
  }

  func perform(_ body: @escaping @Sendable () -> Void) {
    connection.home.perform { _ in body() }
  }
}

extension StoredSubscription {
  var expires: Milliseconds { created.after(seconds: ttl) }
}
