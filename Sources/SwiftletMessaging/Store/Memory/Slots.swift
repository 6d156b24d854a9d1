// SPDX-License-Identifier: Apache-2.0

/// Memory for up to 64 elements by their place, of those places only that have one: a few for few.
/// What it holds is for its owner to destroy; so is the memory.
struct Slots<Element> {
  /// Places that have a slot, in the order of the slots.
  private var present: UInt64 = 0
  private var memory: UnsafeMutablePointer<Element>?
  private var capacity = 0

  /// The element at a place that has one.
  subscript(_ place: UInt64) -> UnsafeMutablePointer<Element> {
    memory.unsafelyUnwrapped + (present & (1 << place &- 1)).nonzeroBitCount
  }

  /// Adds an element at a place where there is none: behind all others, or where there was one.
  mutating func put(_ element: consuming Element, at place: UInt64) {
    if !present.has(place) {
      let count = present.nonzeroBitCount
      if count == capacity { move(present, to: max(capacity * 4, 1)) }
      present |= 1 << place
    }
    self[place].initialize(to: element)
  }

  /// Gives memory back when a quarter of the slots is all that is left of them, so that what stays is
  /// moved but once for three that went.
  mutating func pack(_ left: UInt64) {
    if left.nonzeroBitCount * 4 <= present.nonzeroBitCount { move(left, to: capacity / 4) }
  }

  mutating func deallocate() {
    memory?.deallocate()
    self = Slots()
  }

  /// Moves the elements at the places `kept` to memory of another size.
  private mutating func move(_ kept: UInt64, to capacity: Int) {
    let target = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    var next = target
    for place in kept.bits {
      next.moveInitialize(from: self[place], count: 1)
      next += 1
    }
    memory?.deallocate()
    self = Slots(present: kept, memory: target, capacity: capacity)
  }
}

extension UInt64 {
  func has(_ bit: UInt64) -> Bool { self >> bit & 1 == 1 }

  /// The numbers of the bits that are set, least first.
  var bits: Bits { Bits(left: self) }

  struct Bits: Sequence, IteratorProtocol {
    fileprivate var left: UInt64

    mutating func next() -> UInt64? {
      guard left != 0 else { return nil }
      defer { left &= left &- 1 }
      return UInt64(left.trailingZeroBitCount)
    }
  }
}
