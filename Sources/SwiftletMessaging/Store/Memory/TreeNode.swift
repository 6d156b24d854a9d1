// SPDX-License-Identifier: Apache-2.0

/// A node of a ``MessageTree``: 64 places, each for a node of the level below or, at level 0, for a
/// message; and what there is to know of all that lies below it.
///
/// Memory is by hand: a node is moved by its bits, and what is in it is removed or ends in the
/// ``Garbage``.
struct TreeNode {
  let level: Int
  private var messages = Slots<MessageRecord>()
  private var children = Slots<TreeNode>()

  /// Places with a live message at or below them, and with a free one.
  private(set) var live: UInt64 = 0
  private var free: UInt64 = 0
  private(set) var summary = Summary()

  init(level: Int) { self.level = level }

  /// A node over `child`, which is its first.
  init(over child: TreeNode) {
    level = child.level + 1
    children.put(child, at: 0)
    live = 1
    free = child.free == 0 ? 0 : 1
    summary = child.summary
  }

  // MARK: Reading

  /// The place of an index, which is six of its bits.
  private func place(_ index: UInt64) -> UInt64 { index >> (6 * level) & 63 }

  /// The message at an index; nil when there is none.
  func find(_ index: UInt64) -> FoundMessage? {
    let place = place(index)
    guard live.has(place) else { return nil }
    return level == 0
      ? found(place) : children[place].pointee.find(index)?.behind(place << (6 * level))
  }

  private func found(_ place: UInt64) -> FoundMessage {
    FoundMessage(sequence: place, record: messages[place], isFree: free.has(place))
  }

  /// The first message at `from` or behind it, both counted from the node's own beginning.
  func first(from: UInt64, _ filter: MessageFilter) -> FoundMessage? {
    if let client = filter.notFrom, case .one(client) = summary.posters { return nil }
    let begin = from >> (6 * level)
    guard begin < 64 else { return nil }
    for place in ((filter.freeOnly ? free : live) & .max << begin).bits {
      if level == 0 {
        if let client = filter.notFrom, messages[place].pointee.poster == client { continue }
        return found(place)
      }
      let start = place << (6 * level)
      let below = place == begin ? from - start : 0
      if let found = children[place].pointee.first(from: below, filter) {
        return found.behind(start)
      }
    }
    return nil
  }

  /// The last message.
  var last: FoundMessage? {
    guard live != 0 else { return nil }
    let place = UInt64(63 - live.leadingZeroBitCount)
    return level == 0 ? found(place) : children[place].pointee.last?.behind(place << (6 * level))
  }

  // MARK: Changing

  /// Adds a free message behind all that are and were there.
  mutating func append(_ message: consuming MessageRecord, at index: UInt64) {
    let place = place(index)
    summary.add(Summary(free: message))
    if level == 0 {
      messages.put(message, at: place)
    } else {
      if !live.has(place) { children.put(TreeNode(level: level - 1), at: place) }
      children[place].pointee.append(message, at: index)
    }
    live |= 1 << place
    free |= 1 << place
  }

  /// Frees a live message, or holds it.
  mutating func set(free isFree: Bool, _ index: UInt64) {
    let place = place(index)
    summary.free += isFree ? 1 : -1
    if level > 0 { children[place].pointee.set(free: isFree, index) }
    if level == 0 ? isFree : children[place].pointee.free != 0 {
      free |= 1 << place
    } else {
      free &= ~(1 << place)
    }
  }

  /// Tells all above a live message that its life became longer.
  mutating func extend(_ index: UInt64, to expires: Milliseconds) {
    summary.lastExpiry = max(summary.lastExpiry, expires)
    if level > 0 { children[place(index)].pointee.extend(index, to: expires) }
  }

  // MARK: Removing

  /// Removes a live message.
  mutating func remove(_ index: UInt64) -> MessageRecord {
    let place = place(index)
    let message: MessageRecord
    summary.live -= 1
    if level == 0 {
      if free.has(place) { summary.free -= 1 }
      message = messages[place].move()
      clear(place)
    } else {
      summary.free -= children[place].pointee.summary.free
      message = children[place].pointee.remove(index)
      summary.free += children[place].pointee.summary.free
      update(place)
    }
    if case .several = summary.posters { recountPosters() }
    giveBackMemory()
    return message
  }

  /// Removes what has expired: the messages of a node together, when none of them outlives.
  mutating func expire(_ now: Milliseconds, into garbage: Garbage) {
    guard summary.firstExpiry <= now else { return }
    for place in live.bits {
      if level == 0 {
        if messages[place].pointee.expires <= now { discard(place) }
      } else if children[place].pointee.summary.lastExpiry <= now {
        discard(place, into: garbage)
      } else {
        children[place].pointee.expire(now, into: garbage)
        update(place)
      }
    }
    summarize()
    giveBackMemory()
  }

  /// Removes what is free.
  mutating func removeFree(into garbage: Garbage) {
    for place in free.bits {
      if level == 0 {
        discard(place)
      } else if children[place].pointee.summary.isAllFree {
        discard(place, into: garbage)
      } else {
        children[place].pointee.removeFree(into: garbage)
        update(place)
      }
    }
    summarize()
    giveBackMemory()
  }

  /// Takes the node apart, which is in no tree any more.
  mutating func dissolve(into garbage: Garbage) {
    for place in live.bits {
      if level == 0 { discard(place) } else { discard(place, into: garbage) }
    }
    giveBackMemory()
  }

  private mutating func discard(_ place: UInt64) {
    messages[place].deinitialize(count: 1)
    clear(place)
  }

  private mutating func discard(_ place: UInt64, into garbage: Garbage) {
    garbage.add(children[place].move())
    clear(place)
  }

  private mutating func clear(_ place: UInt64) {
    live &= ~(1 << place)
    free &= ~(1 << place)
  }

  /// Sees to the bits of a child that may have lost messages.
  private mutating func update(_ place: UInt64) {
    if children[place].pointee.live == 0 { live &= ~(1 << place) }
    if children[place].pointee.free == 0 { free &= ~(1 << place) }
  }

  private mutating func summarize() {
    summary = Summary()
    for place in live.bits {
      summary.add(
        level == 0 ? Summary(free: messages[place].pointee) : children[place].pointee.summary)
    }
    if level == 0 { summary.free = free.nonzeroBitCount }
  }

  /// Finds out whether one poster is left of several.
  private mutating func recountPosters() {
    summary.posters = .none
    for place in live.bits {
      summary.posters.add(
        level == 0 ? .one(messages[place].pointee.poster) : children[place].pointee.summary.posters)
      if case .several = summary.posters { return }
    }
  }

  private mutating func giveBackMemory() {
    if live == 0 {
      messages.deallocate()
      children.deallocate()
      self = TreeNode(level: level)
    } else if level == 0 {
      messages.pack(live)
    } else {
      children.pack(live)
    }
  }
}

/// A message in its place, which it keeps until something is added or removed.
struct FoundMessage {
  /// Counted from the beginning of what was asked.
  var sequence: UInt64
  let record: UnsafeMutablePointer<MessageRecord>
  var isFree: Bool

  /// The same, counted from a place that is so much before.
  func behind(_ count: UInt64) -> FoundMessage {
    FoundMessage(sequence: count + sequence, record: record, isFree: isFree)
  }
}

/// Which messages are looked for.
struct MessageFilter {
  var freeOnly: Bool
  /// Leaves out what this client posted.
  var notFrom: Identifier?

  static let live = MessageFilter(freeOnly: false)
  static let free = MessageFilter(freeOnly: true)
}
