// SPDX-License-Identifier: Apache-2.0

/// A queue's messages by their sequence number, which says their place.
///
/// A tree of 64 branches a level, in which every node knows where below it there are live messages and
/// where free ones. So the next of either kind is found by a few bit operations a level, however
/// many were deleted or claimed before it: four levels hold 16 million messages, five a thousand
/// million. What is empty has no memory.
///
/// A node knows when the first and the last message below it expire. So those whose time has come are
/// found without looking at others, and nodes of which all is over go at once, into the garbage.
///
/// And it knows when all below it was posted by one client. A listing without that client's own messages
/// passes over such a node; in any other there is one of another's, but it may be claimed.
struct MessageTree: ~Copyable {
  private var root = TreeNode(level: 0)
  /// The sequence number of the root's first place. Set anew when the tree is empty, so that a
  /// queue that is emptied now and then stays flat.
  private var base: UInt64 = 0
  private let garbage: Garbage

  init(garbage: Garbage) { self.garbage = garbage }

  deinit { garbage.add(root) }

  var free: Int { root.summary.free }
  var claimed: Int { root.summary.live - root.summary.free }

  // MARK: Reading

  /// nil when it is not there.
  func find(_ sequence: UInt64) -> FoundMessage? {
    index(sequence).flatMap(root.find)?.behind(base)
  }

  /// The first message at `sequence` or behind it.
  func first(from sequence: UInt64, _ filter: MessageFilter) -> FoundMessage? {
    index(max(sequence, base)).flatMap { root.first(from: $0, filter) }?.behind(base)
  }

  var last: FoundMessage? { root.last?.behind(base) }

  /// Where in the root it would be; nil when it cannot be in the tree.
  private func index(_ sequence: UInt64) -> UInt64? {
    guard sequence >= base, (sequence - base) >> (6 * (root.level + 1)) == 0 else { return nil }
    return sequence - base
  }

  // MARK: Changing

  /// Adds a message, free, behind all that ever were there.
  mutating func append(_ message: consuming MessageRecord, at sequence: UInt64) {
    if root.live == 0 {
      root = TreeNode(level: 0)
      base = sequence
    }
    while index(sequence) == nil { root = TreeNode(over: root) }
    root.append(message, at: sequence - base)
  }

  /// Removes a message, which must be there.
  mutating func remove(_ sequence: UInt64) -> MessageRecord { root.remove(sequence - base) }

  /// Says whether a message, which must be there, is free.
  mutating func set(free isFree: Bool, _ sequence: UInt64) {
    root.set(free: isFree, sequence - base)
  }

  /// Lets a message, which must be there, live until a time that is later than its own.
  mutating func extend(_ sequence: UInt64, to expires: Milliseconds) {
    root.extend(sequence - base, to: expires)
  }

  /// Removes what has expired.
  mutating func expire(_ now: Milliseconds) { root.expire(now, into: garbage) }

  mutating func removeFree() { root.removeFree(into: garbage) }
}
