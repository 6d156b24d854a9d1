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
    case reading(posts: [Notification], someAreMissing: Bool)
    /// The pages are read. A page may have shown a post that is heard of only afterwards.
    case joined
  }

  static let pageSize = 32
  /// Posts kept while pages are read.
  static let mostPosts = 128

  /// Where the subscriber wants to go on: perhaps an id that was never one of this queue's.
  private let start: Identifier?
  /// The last message of the pages.
  private var last: Identifier?
  private var phase = Phase.reading(posts: [], someAreMissing: false)

  init(after start: Identifier?) { self.start = start }

  /// Behind which message the next page begins.
  var marker: Identifier? { last ?? start }

  var isReading: Bool { if case .reading = phase { true } else { false } }

  /// Hears of a post. True when it is to be told now; the replay is over then.
  mutating func heard(_ post: Notification) -> Bool {
    switch phase {
    case .joined: return isNew(post.message)
    case .reading(var posts, var someAreMissing):
      phase = .joined
      if posts.count < Self.mostPosts {
        posts.append(post)
      } else {
        posts = []
        someAreMissing = true
      }
      phase = .reading(posts: posts, someAreMissing: someAreMissing)
      return false
    }
  }

  /// Takes the page behind ``marker`` and returns what is to be told. Another has to be read while
  /// ``isReading``.
  mutating func take(_ page: [StoredMessage], of queue: QueueKey) -> [Notification] {
    guard case .reading(let posts, let someAreMissing) = phase else { return [] }
    var told = page.map { Notification($0, of: queue) }
    last = page.last?.id ?? last
    if page.count == Self.pageSize { return told }
    if someAreMissing {
      phase = .reading(posts: [], someAreMissing: false)
      return told
    }
    phase = .joined
    told += posts.filter { isNew($0.message) }
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
