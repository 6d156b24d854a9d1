// SPDX-License-Identifier: Apache-2.0

/// Joins what a queue held when a subscription began to what is posted from then on: nothing is left
/// out and nothing told twice.
///
/// The store is read in pages, from before the subscription hears of posts until a page ends with
/// the last message there is. What is posted meanwhile is kept; when that becomes too much it is let
/// go of, and read as well. It rests on ids of a queue's messages ascending in the order of the posts.
struct Replay {
  private enum Phase {
    /// Of the posts heard of meanwhile those that are kept.
    case reading(Posts)
    /// The pages are read. A page may have shown a post that is heard of only afterwards.
    case joined
  }

  private struct Posts {
    var kept: [Notification] = []
    var byteCount = 0
    /// There were more than are kept.
    var someAreMissing = false

    mutating func add(_ post: Notification) {
      byteCount += post.message.body.count + 64
      if byteCount > Replay.mostKept {
        self = Posts(someAreMissing: true)
      } else {
        kept.append(post)
      }
    }
  }

  static let pageSize = 32
  /// Bytes of posts that are kept while pages are read, with something for each.
  static let mostKept = 64 << 10

  /// Where the subscriber wants to go on: perhaps an id that was never one of this queue's.
  private let start: Identifier?
  /// The last message of the pages.
  private var last: Identifier?
  private var phase = Phase.reading(Posts())

  init(after start: Identifier?) { self.start = start }

  /// Behind which message the next page begins.
  var marker: Identifier? { last ?? start }

  var isReading: Bool { if case .reading = phase { true } else { false } }

  /// Hears of a post. True when it is to be told now; the replay is over then.
  mutating func heard(_ post: Notification) -> Bool {
    switch phase {
    case .joined: return isNew(post.message)
    case .reading(var posts):
      posts.add(post)
      phase = .reading(posts)
      return false
    }
  }

  /// Takes the page behind ``marker`` and returns what is to be told. Another has to be read while
  /// ``isReading``.
  mutating func take(_ page: [StoredMessage], of queue: QueueKey) -> [Notification] {
    guard case .reading(let posts) = phase else { return [] }
    var told = page.map { Notification($0, of: queue) }
    last = page.last?.id ?? last
    if page.count == Self.pageSize { return told }
    if posts.someAreMissing {
      phase = .reading(Posts())
      return told
    }
    phase = .joined
    told += posts.kept.filter { isNew($0.message) }
    return told
  }

  private func isNew(_ message: StoredMessage) -> Bool {
    last.map { $0.precedes(message.id) } ?? true
  }
}

extension Identifier {
  func precedes(_ other: Identifier) -> Bool {
    (high, low) < (other.high, other.low)
  }
}
