// SPDX-License-Identifier: Apache-2.0

import DequeModule
import SwiftletCore
import SwiftletServer

/// What a connection's listeners are still to be told.
struct Notifications {
  /// A notification that had to wait.
  struct Waiting {
    let post: Notification
    let listener: Listener
    /// It comes behind the answers of so many exchanges.
    let exchanges: Int
  }

  /// A page of a queue's past, as the store answered.
  struct Page: Sendable {
    let listener: Listener
    let queue: QueueKey
    let messages: Result<[StoredMessage]?, StoreError>
  }

  var waiting: OutboundQueue<Waiting>
  /// What waits of a page of the past, before ``waiting``. Nothing of it is dropped: the next page is
  /// read when it has left.
  var past = Deque<Waiting>()
  /// Those whose past is still being read.
  var replaying: [Listener] = []
  /// Whether a page was asked for that has not come.
  var isReading = false
  /// Whether there are listeners that acknowledge.
  var areAcknowledged = false
  /// Posters wait for this connection, at most until then.
  var blocksUntil: Milliseconds?

  init(limit: Int) { waiting = OutboundQueue(limit: limit) }

  mutating func removeAll() {
    waiting.removeAll()
    past.removeAll()
    replaying = []
    areAcknowledged = false
  }
}

extension Conversation {
  /// Tells a listener of a post: at once if nothing is before it and the connection takes more. What
  /// was asked for before it is answered before it.
  func tell(_ post: Notification, to listener: Listener, _ perform: Perform) {
    guard listener.heard(post) else { return }
    if !isBusy && !isFull && notifications.waiting.isEmpty && notifications.past.isEmpty {
      return say(post, listener, perform)
    }
    let waiting = Notifications.Waiting(
      post: post, listener: listener, exchanges: exchangesBegun)
    notifications.waiting.append(waiting, size: post.encoded(listener.style).count)
    if notifications.waiting.isOverLimit { slowDown(perform) }
  }

  /// Sends what may be sent by now, and reads on in the past where nothing of it waits any more.
  func sendNotifications(_ perform: Perform) {
    while !isFull, let next = notifications.past.first, next.exchanges <= exchangesEnded {
      notifications.past.removeFirst()
      say(next.post, next.listener, perform)
    }
    while notifications.past.isEmpty, !isFull, let next = notifications.waiting.first,
      next.exchanges <= exchangesEnded
    {
      _ = notifications.waiting.popFirst()
      say(next.post, next.listener, perform)
    }
    if notifications.waiting.byteCount <= notifications.waiting.limit / 2 { unblock() }
    readReplays()
  }

  /// The connection takes more.
  func drained(_ perform: Perform) {
    isFull = false
    sendNotifications(perform)
  }

  private func say(_ post: Notification, _ listener: Listener, _ perform: Perform) {
    // It may have waited until nobody wants it any more.
    if listener.isEnded { return }
    let style = listener.style
    post.encoded(style).withUnsafeBytes { bytes in
      guard style.hasIDs else { return perform(.send(bytes, style.format.kind)) }
      withUnsafeTemporaryAllocation(byteCount: bytes.count, alignment: 1) { copy in
        copy.copyMemory(from: bytes)
        style.fill(copy, with: listener.idText)
        perform(.send(UnsafeRawBufferPointer(copy), style.format.kind))
      }
    }
  }

  // MARK: - Slow connections

  /// More waits than may.
  private func slowDown(_ perform: Perform) {
    switch service.settings.slowConsumer {
    case .close: closeAsSlow(perform)
    case .dropOldest:
      let dropped = notifications.waiting.dropOldest()
      service.slowConsumers.dropped.add(dropped, ordering: .relaxed)
    case .block:
      // Posters that cannot be held back may be many.
      if notifications.waiting.byteCount > 8 * notifications.waiting.limit {
        closeAsSlow(perform)
      } else if notifications.blocksUntil == nil {
        notifications.blocksUntil = service.now().after(seconds: service.settings.longestBlock)
        service.slowConsumers.blocks.add(1, ordering: .relaxed)
        service.hub.brake.pull(.subscriber(subscriber))
        setAlarm(perform)
      }
    }
  }

  private func closeAsSlow(_ perform: Perform) {
    endNotifications()
    service.slowConsumers.closed.add(1, ordering: .relaxed)
    perform(.close(.tryAgainLater, reason: "Notifications are not read as fast as they come."))
  }

  /// Closes a connection for which posters have waited as long as they may. True when it has been.
  func closeIfBlockingTooLong(_ perform: Perform) -> Bool {
    guard let end = notifications.blocksUntil, end <= service.now() else { return false }
    closeAsSlow(perform)
    return true
  }

  private func unblock() {
    guard notifications.blocksUntil != nil else { return }
    notifications.blocksUntil = nil
    service.hub.brake.release(.subscriber(subscriber))
  }

  /// Lets go of all that waits.
  func endNotifications() {
    unblock()
    notifications.removeAll()
  }

  // MARK: - Replays

  /// Listens from now on. Their past is read when ``readReplays()`` is called.
  func begin(_ listeners: [Listener]) {
    notifications.replaying += listeners.filter { $0.pageToRead != nil }
    if listeners.contains(where: \.isAcknowledging) { notifications.areAcknowledged = true }
  }

  /// Asks for the next page of the past that is still to be told, when what was read before has been
  /// sent.
  func readReplays() {
    guard !notifications.isReading, !notifications.replaying.isEmpty, !isFull,
      notifications.past.isEmpty, notifications.waiting.isEmpty
    else { return }
    let now = service.now()
    notifications.replaying.removeAll { $0.pageToRead == nil || !$0.isLive(at: now) }
    guard let listener = notifications.replaying.first,
      let (queue, marker) = listener.pageToRead
    else { return }
    notifications.isReading = true
    let query = MessageQuery(marker: marker, limit: Replay.pageSize, includesClaimed: true)
    service.store.listMessages(of: queue, query) { [self] messages in
      page.withLock {
        $0 = Notifications.Page(listener: listener, queue: queue, messages: messages)
      }
      answerCame()
    }
  }

  /// Tells what a page that has come holds.
  func takePage(_ perform: Perform) {
    guard notifications.isReading, let page = page.withLock({ $0.take() }) else { return }
    notifications.isReading = false
    switch page.messages {
    case .success(let messages):
      for post in page.listener.take(messages ?? [], of: page.queue) {
        notifications.past.append(
          Notifications.Waiting(post: post, listener: page.listener, exchanges: exchangesBegun))
      }
      sendNotifications(perform)
    case .failure(let error):
      // What was posted since must not be told as if nothing were missing.
      service.note(error)
      perform(.close(.internalError, reason: "The message store failed."))
    }
  }
}
