// SPDX-License-Identifier: Apache-2.0

import SwiftletServer
import Synchronization

/// The listeners to one queue or pattern on one loop. Guarded by the hub's lock.
final class Audience: @unchecked Sendable {
  let desk: Desk
  private(set) var listeners: [Listener] = []
  /// Raised with every change of the listeners.
  private(set) var version = 0

  init(_ desk: Desk) { self.desk = desk }

  func add(_ listener: Listener) {
    listeners.append(listener)
    version += 1
  }

  func remove(_ listener: Listener) {
    listeners.removeAll { $0 === listener }
    version += 1
  }
}

/// What has to be told on one loop.
///
/// Posts that come while the loop is at something else are told together, listener by listener: one
/// send each, however many they are.
final class Desk: Sendable {
  let loop: LoopReference
  private let batches = Mutex<[Batch]>([])
  private let now: @Sendable () -> Milliseconds

  /// Posts to one audience, as it was when each of them came.
  private struct Batch {
    let audience: Audience
    let version: Int
    let listeners: [Listener]
    var posts: [Notification]
  }

  init(_ loop: LoopReference, now: @escaping @Sendable () -> Milliseconds) {
    self.loop = loop
    self.now = now
  }

  /// Has an audience told of posts. Called under the hub's lock, in the order of the posts.
  func add(_ posts: [Notification], for audience: Audience) {
    let isFirst = batches.withLock { batches in
      // Behind a batch of an older version none of the same audience may be added to.
      if let index = batches.lastIndex(where: { $0.audience === audience }),
        batches[index].version == audience.version
      {
        batches[index].posts += posts
      } else {
        batches.append(
          Batch(
            audience: audience, version: audience.version, listeners: audience.listeners,
            posts: posts))
      }
      return batches.count == 1 && batches[0].posts.count == posts.count
    }
    if isFirst { loop.perform { self.tell(on: $0) } }
  }

  private func tell(on loop: borrowing LoopContext) {
    let batches = batches.withLock { batches in
      defer { batches = [] }
      return batches
    }
    let now = now()
    for batch in batches {
      for listener in batch.listeners where listener.isLive(at: now) {
        loop.with(listener.connection) { connection in
          let conversation = listener.conversation
          for post in batch.posts where listener.tells(of: post.queue, at: now) {
            conversation.tell(post, to: listener) { conversation.carryOut($0, on: connection) }
          }
        }
      }
    }
  }
}
