// SPDX-License-Identifier: Apache-2.0

/// A node of a ``MessageTree``: 64 places, each for a node of the level below or, at level 0, for a
/// message. Places that have something are packed in memory, so that a queue of one message is small and so is
/// what is left of a large one. Memory is by hand: a node is moved by its bits, and its owner empties
/// it before dropping it.
struct TreeNode {
  /// Places that have a slot, in order; more than are live after removals, until it is worth packing.
  private var present: UInt64 = 0
  /// Places with a live message at or below.
  private(set) var live: UInt64 = 0
  /// Places with a free message at or below.
  private(set) var free: UInt64 = 0
  private var slots: UnsafeMutableRawPointer?
  private var posters = Posters.none
  private var capacity: UInt8 = 0

  /// Who posted what is at or below a node: the one client, while it is but one.
  private enum Posters {
    case none, several
    case one(Identifier)
  }

  private var messages: UnsafeMutablePointer<MessageRecord> {
    slots.unsafelyUnwrapped.assumingMemoryBound(to: MessageRecord.self)
  }
  private var children: UnsafeMutablePointer<TreeNode> {
    slots.unsafelyUnwrapped.assumingMemoryBound(to: TreeNode.self)
  }

  private func slot(_ place: UInt64) -> Int { (present & (1 << place &- 1)).nonzeroBitCount }

  // MARK: Levels

  /// The place of an index at a level, which is six of its bits.
  private static func place(_ index: UInt64, _ level: Int) -> UInt64 { index >> (6 * level) & 63 }

  /// A node over `child`, which is its first.
  init(over child: TreeNode) {
    place(child, at: 0, TreeNode.self)
    live = 1
    free = child.free == 0 ? 0 : 1
    posters = child.posters
  }

  init() {}

  // MARK: Reading

  func message(_ index: UInt64, level: Int) -> UnsafeMutablePointer<MessageRecord>? {
    let place = Self.place(index, level)
    guard live >> place & 1 == 1 else { return nil }
    if level == 0 { return messages + slot(place) }
    return children[slot(place)].message(index, level: level - 1)
  }

  func isFree(_ index: UInt64, level: Int) -> Bool {
    let place = Self.place(index, level)
    guard free >> place & 1 == 1 else { return false }
    return level == 0 || children[slot(place)].isFree(index, level: level - 1)
  }

  /// The first message at `from` or behind it, both counted from the node's own beginning.
  func first(from: UInt64, level: Int, _ filter: MessageFilter) -> UInt64? {
    if let client = filter.notFrom, case .one(client) = posters { return nil }
    let shift = 6 * level
    let begin = from >> shift
    guard begin < 64 else { return nil }
    var candidates = (filter.freeOnly ? free : live) & (UInt64.max << begin)
    while candidates != 0 {
      let place = UInt64(candidates.trailingZeroBitCount)
      candidates &= candidates &- 1
      if level == 0 {
        if let client = filter.notFrom, messages[slot(place)].poster == client { continue }
        return place
      }
      let start = place << shift
      let below = place == begin ? from - start : 0
      if let found = children[slot(place)].first(from: below, level: level - 1, filter) {
        return start + found
      }
    }
    return nil
  }

  /// The last live message.
  func last(level: Int) -> UInt64? {
    guard live != 0 else { return nil }
    let place = UInt64(63 - live.leadingZeroBitCount)
    if level == 0 { return place }
    return children[slot(place)].last(level: level - 1).map { place << (6 * level) + $0 }
  }

  // MARK: Changing

  /// Adds a free message behind all that are and were there.
  mutating func append(_ message: consuming MessageRecord, at index: UInt64, level: Int) {
    let place = Self.place(index, level)
    switch posters {
    case .none: posters = .one(message.poster)
    case .one(message.poster), .several: break
    case .one: posters = .several
    }
    if level == 0 {
      self.place(message, at: place, MessageRecord.self)
    } else {
      if present >> place & 1 == 0 { self.place(TreeNode(), at: place, TreeNode.self) }
      children[slot(place)].append(message, at: index, level: level - 1)
    }
    live |= 1 << place
    free |= 1 << place
  }

  /// Removes a live message.
  mutating func remove(_ index: UInt64, level: Int) -> MessageRecord {
    let place = Self.place(index, level)
    let slot = slot(place)
    let message: MessageRecord
    if level == 0 {
      message = (messages + slot).move()
    } else {
      message = children[slot].remove(index, level: level - 1)
      if children[slot].free == 0 { free &= ~(1 << place) }
      if children[slot].live != 0 { return message }
    }
    live &= ~(1 << place)
    free &= live
    if level == 0 { pack(MessageRecord.self) } else { pack(TreeNode.self) }
    return message
  }

  /// Says whether a live message is free.
  mutating func set(free isFree: Bool, _ index: UInt64, level: Int) {
    let place = Self.place(index, level)
    var isAnyFree = isFree
    if level > 0 {
      let slot = slot(place)
      children[slot].set(free: isFree, index, level: level - 1)
      isAnyFree = children[slot].free != 0
    }
    if isAnyFree { free |= 1 << place } else { free &= ~(1 << place) }
  }

  /// Removes all there is.
  mutating func empty(level: Int) {
    while live != 0 {
      let place = UInt64(live.trailingZeroBitCount)
      if level == 0 {
        (messages + slot(place)).deinitialize(count: 1)
      } else {
        children[slot(place)].empty(level: level - 1)
      }
      live &= live &- 1
    }
    slots?.deallocate()
    self = TreeNode()
  }

  // MARK: Slots

  /// Gives a place behind all others a slot.
  private mutating func place<Element>(
    _ element: consuming Element, at place: UInt64, _: Element.Type
  ) {
    let count = present.nonzeroBitCount
    if count == capacity { move(present, to: max(capacity * 4, 1), Element.self) }
    (slots.unsafelyUnwrapped.assumingMemoryBound(to: Element.self) + count).initialize(to: element)
    present |= 1 << place
  }

  /// Gives memory back when a quarter of the slots is all that is live, so each is moved but once for
  /// three that go.
  private mutating func pack<Element>(_: Element.Type) {
    guard live.nonzeroBitCount * 4 <= present.nonzeroBitCount else { return }
    guard live != 0 else {
      slots?.deallocate()
      self = TreeNode()
      return
    }
    move(live, to: capacity / 4, Element.self)
  }

  /// Moves the slots of the places `kept` to memory of another size.
  private mutating func move<Element>(
    _ kept: UInt64, to capacity: UInt8, _: Element.Type
  ) {
    let target = UnsafeMutablePointer<Element>.allocate(capacity: Int(capacity))
    var left = kept
    var next = target
    while left != 0 {
      let source = slots.unsafelyUnwrapped.assumingMemoryBound(to: Element.self)
      next.moveInitialize(from: source + slot(UInt64(left.trailingZeroBitCount)), count: 1)
      next += 1
      left &= left &- 1
    }
    slots?.deallocate()
    slots = UnsafeMutableRawPointer(target)
    present = kept
    self.capacity = capacity
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
