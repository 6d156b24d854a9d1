// SPDX-License-Identifier: Apache-2.0

import HeapModule

/// When numbered things end. An entry counts only while what it names ends just then: one that was put
/// off or is gone leaves its old entry behind, which is dropped when its time comes, or when such
/// entries are the most.
struct Deadlines {
  struct Entry: Comparable {
    var time: Milliseconds
    var number: UInt64

    static func < (one: Entry, other: Entry) -> Bool { one.time < other.time }
  }

  private var heap = Heap<Entry>()

  /// The time until which there is nothing to do.
  var due: Milliseconds { heap.min?.time ?? .max }

  /// Adds an entry. `living` is how many things there are, `isCurrent` whether an entry counts.
  mutating func add(
    _ number: UInt64, at time: Milliseconds, living: Int, isCurrent: (Entry) -> Bool
  ) {
    heap.insert(Entry(time: time, number: number))
    if heap.count > 2 * living + 16 { heap = Heap(heap.unordered.filter(isCurrent)) }
  }

  /// Takes out the first entry whose time has come.
  mutating func takeDue(_ now: Milliseconds) -> Entry? {
    due <= now ? heap.popMin() : nil
  }
}
