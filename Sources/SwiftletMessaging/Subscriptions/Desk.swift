// SPDX-License-Identifier: Apache-2.0

import SwiftletServer

/// The listeners to one queue or pattern on one loop. Guarded by the hub's lock.
final class Audience: @unchecked Sendable {
  let desk: Desk
  private(set) var listeners: [Listener] = []
  /// Raised with every change of the listeners.
  private(set) var version = 0

  init(_ desk: Desk) { self.desk = desk }

  /// Where the desk has its last batch. Guarded by the desk's lock.
  fileprivate var batch: (turn: Int, index: Int) = (-1, 0)

  func add(_ listener: Listener) {
    listener.place = listeners.count
    listeners.append(listener)
    version += 1
  }

  /// Their order means nothing: the last takes the place that becomes free.
  func remove(_ listener: Listener) {
    let last = listeners.removeLast()
    if last !== listener {
      listeners[listener.place] = last
      last.place = listener.place
    }
    version += 1
  }
}

/// What has to be told on one loop.
///
/// Posts that come while the loop is at something else are told together, listener by listener: one
/// send each, however many they are. When they become too many, posters of other loops wait.
final class Desk: Sendable {
  let loop: LoopReference
  private let pending = Locked(Pending())
  private let brake: Brake<SlowCause>
  private let now: @Sendable () -> Milliseconds

  private struct Pending {
    /// Raised each time that all is taken.
    var turn = 0
    var batches: [Batch] = []
    /// Of the bodies.
    var byteCount = 0
  }

  /// Posts to one audience, as it was when each of them came.
  private struct Batch {
    let version: Int
    let listeners: [Listener]
    var posts: [Notification]
  }

  /// Bytes of bodies, beyond which posters wait.
  private static let limit = 4 << 20

  init(
    _ loop: LoopReference, _ brake: Brake<SlowCause>,
    now: @escaping @Sendable () -> Milliseconds
  ) {
    self.loop = loop
    self.brake = brake
    self.now = now
  }

  var cause: SlowCause { .desk(ObjectIdentifier(self)) }

  /// Has an audience told of posts. Called under the hub's lock, in the order of the posts.
  func add(_ posts: [Notification], for audience: Audience) {
    let byteCount = posts.reduce(0) { $0 + $1.message.body.count }
    let isFirst = pending.withLock { pending in
      let isFirst = pending.batches.isEmpty
      let (turn, index) = audience.batch
      if turn == pending.turn && pending.batches[index].version == audience.version {
        pending.batches[index].posts += posts
      } else {
        audience.batch = (pending.turn, pending.batches.count)
        pending.batches.append(
          Batch(version: audience.version, listeners: audience.listeners, posts: posts))
      }
      if pending.byteCount <= Self.limit && pending.byteCount + byteCount > Self.limit {
        brake.pull(cause)
      }
      pending.byteCount += byteCount
      return isFirst
    }
    if isFirst { loop.perform { self.tell(on: $0) } }
  }

  private func tell(on loop: borrowing LoopContext) {
    let pending = pending.withLock { pending in
      defer { pending = Pending(turn: pending.turn + 1) }
      return pending
    }
    if pending.byteCount > Self.limit { brake.release(cause) }
    let now = now()
    for batch in pending.batches {
      for listener in batch.listeners where listener.isLive(at: now) {
        loop.with(listener.connection) { connection in
          let conversation = listener.conversation
          conversation.isFull = connection.isBacklogged
          for post in batch.posts where listener.tells(of: post.queue, at: now) {
            conversation.tell(post, to: listener) { conversation.carryOut($0, on: connection) }
          }
        }
      }
    }
  }
}
