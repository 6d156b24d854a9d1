// SPDX-License-Identifier: Apache-2.0

/// A queue's messages by their sequence number, which says their place.
///
/// A tree of 64 branches a level, in which every node knows where below it there are live messages and
/// where free ones. So the next of either kind is found by a few bit operations a level, however
/// many were deleted or claimed before it: four levels hold 16 million messages, five a thousand
/// million. What is empty has no memory.
///
/// A node knows too when all below it was posted by one client. A listing without a client's own messages
/// passes over such a node at once, and otherwise finds another's within 64, except where those of
/// others were deleted since.
struct MessageTree: ~Copyable {
  private var root = TreeNode()
  private var level = 0
  /// The sequence number of the root's first place. Set anew when the tree is empty, so that a
  /// queue that is emptied now and then stays flat.
  private var base: UInt64 = 0

  deinit {
    var root = root
    root.empty(level: level)
  }

  var isEmpty: Bool { root.live == 0 }

  /// nil when it is not there.
  func message(_ sequence: UInt64) -> UnsafeMutablePointer<MessageRecord>? {
    index(sequence).flatMap { root.message($0, level: level) }
  }

  func isFree(_ sequence: UInt64) -> Bool {
    index(sequence).map { root.isFree($0, level: level) } ?? false
  }

  /// The first message at `sequence` or behind it.
  func first(from sequence: UInt64, _ filter: MessageFilter) -> UInt64? {
    guard sequence <= base || index(sequence) != nil else { return nil }
    let from = sequence <= base ? 0 : sequence - base
    return root.first(from: from, level: level, filter).map { base + $0 }
  }

  var last: UInt64? { root.last(level: level).map { base + $0 } }

  /// Adds a message, free, behind all that ever were there.
  mutating func append(_ message: consuming MessageRecord, at sequence: UInt64) {
    if isEmpty {
      level = 0
      base = sequence
    }
    while index(sequence) == nil {
      root = TreeNode(over: root)
      level += 1
    }
    root.append(message, at: sequence - base, level: level)
  }

  /// Removes a message, which must be there.
  mutating func remove(_ sequence: UInt64) -> MessageRecord {
    root.remove(sequence - base, level: level)
  }

  /// Says whether a message, which must be there, is free.
  mutating func set(free isFree: Bool, _ sequence: UInt64) {
    root.set(free: isFree, sequence - base, level: level)
  }

  /// Where in the root it would be; nil when it cannot be in the tree.
  private func index(_ sequence: UInt64) -> UInt64? {
    guard sequence >= base, (sequence - base) >> (6 * (level + 1)) == 0 else { return nil }
    return sequence - base
  }
}
