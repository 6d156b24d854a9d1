// SPDX-License-Identifier: Apache-2.0

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
  /// Those whose past is still being read.
  var replaying: [Listener] = []
  /// Pages asked for that have not come.
  var pagesUnderWay = 0
  /// Whether there are listeners that acknowledge.
  var areAcknowledged = false

  init(limit: Int) { waiting = OutboundQueue(limit: limit) }

  mutating func removeAll() {
    waiting.removeAll()
    replaying = []
    areAcknowledged = false
  }
}

extension Conversation {
  /// Tells a listener of a post: at once if nothing is before it and the connection takes more. What
  /// was asked for before it is answered before it.
  func tell(_ post: Notification, to listener: Listener, _ perform: Perform) {
    guard listener.heard(post) else { return }
    send(post, to: listener, perform)
  }

  private func send(_ post: Notification, to listener: Listener, _ perform: Perform) {
    if !isBusy && !isFull && notifications.waiting.isEmpty {
      return say(post, listener, perform)
    }
    let waiting = Notifications.Waiting(
      post: post, listener: listener, exchanges: exchangesBegun)
    notifications.waiting.append(waiting, size: post.encoded(listener.style).count)
    if notifications.waiting.isOverLimit { slowDown(perform) }
  }

  /// Sends what may be sent by now, and reads on in the past where nothing of it waits any more.
  func sendNotifications(_ perform: Perform) {
    while !isFull, let next = notifications.waiting.first, next.exchanges <= exchangesEnded {
      _ = notifications.waiting.popFirst()
      say(next.post, next.listener, perform)
    }
    readReplays()
  }

  /// The connection takes more.
  func drained(_ perform: Perform) {
    isFull = false
    sendNotifications(perform)
  }

  private func say(_ post: Notification, _ listener: Listener, _ perform: Perform) {
    let style = listener.style
    var bytes = post.encoded(style)
    bytes.withUnsafeMutableBytes { bytes in
      if style.hasIDs { style.fill(bytes, with: listener.idText) }
      perform(.send(UnsafeRawBufferPointer(bytes), style.format.kind))
    }
  }

  /// More waits than may.
  private func slowDown(_ perform: Perform) {
    switch service.settings.slowConsumer {
    case .close, .block:
      notifications.removeAll()
      perform(.close(.tryAgainLater, reason: "Notifications are not read as fast as they come."))
    case .dropOldest:
      service.droppedNotifications.add(notifications.waiting.dropOldest(), ordering: .relaxed)
    }
  }

  // MARK: - Replays

  /// Listens from now on. Their past is read when ``readReplays()`` is called.
  func begin(_ listeners: [Listener]) {
    notifications.replaying += listeners.filter { !$0.pagesToRead.isEmpty }
    if listeners.contains(where: \.isAcknowledging) { notifications.areAcknowledged = true }
  }

  /// Asks for the next page of each queue whose past is still to be told, when what was read before has
  /// been sent.
  func readReplays() {
    guard notifications.pagesUnderWay == 0, !notifications.replaying.isEmpty, !isFull,
      notifications.waiting.isEmpty
    else { return }
    let now = service.now()
    notifications.replaying.removeAll { $0.pagesToRead.isEmpty || !$0.isLive(at: now) }
    let wanted = notifications.replaying.flatMap { listener in
      listener.pagesToRead.map { (listener, $0.0, $0.after) }
    }
    notifications.pagesUnderWay = wanted.count
    for (listener, queue, marker) in wanted {
      let query = MessageQuery(marker: marker, limit: Replay.pageSize, includesClaimed: true)
      service.store.listMessages(of: queue, query) { [self] messages in
        let page = Notifications.Page(listener: listener, queue: queue, messages: messages)
        pages.withLock { $0.append(page) }
        answerCame()
      }
    }
  }

  /// Tells what pages have come.
  func takePages(_ perform: Perform) {
    guard notifications.pagesUnderWay > 0 else { return }
    let pages = pages.withLock { pages in
      defer { pages = [] }
      return pages
    }
    notifications.pagesUnderWay -= pages.count
    for page in pages {
      switch page.messages {
      case .success(let messages):
        for post in page.listener.take(messages ?? [], of: page.queue) {
          send(post, to: page.listener, perform)
        }
      case .failure(let error):
        // What was posted since must not be told as if nothing were missing.
        service.note(error)
        perform(.close(.internalError, reason: "The message store failed."))
      }
    }
    readReplays()
  }
}
