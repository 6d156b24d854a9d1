// SPDX-License-Identifier: Apache-2.0

/// The connections of one loop, in blocks that never move, so that a ``Slot`` stays valid.
struct ConnectionTable {
  private static let blockShift = 8
  private static let blockSize = 1 << blockShift

  private var blocks: [Slot] = []
  private var freeSlots: [UInt32] = []
  private(set) var count = 0

  /// A free slot, its phase still `.free`.
  mutating func take() -> Slot {
    if freeSlots.isEmpty { addBlock() }
    count += 1
    return self[Int(freeSlots.removeLast())]
  }

  mutating func give(_ slot: Slot) {
    let generation = slot.pointee.generation &+ 1
    let index = slot.pointee.index
    slot.pointee = ConnectionState(index: index)
    slot.pointee.generation = generation
    freeSlots.append(index)
    count -= 1
  }

  private mutating func addBlock() {
    let first = blocks.count * ConnectionTable.blockSize
    let block = Slot.allocate(capacity: ConnectionTable.blockSize)
    for offset in 0..<ConnectionTable.blockSize {
      (block + offset).initialize(to: ConnectionState(index: UInt32(first + offset)))
    }
    blocks.append(block)
    // Taken from the end: low indices first, so that a sweep walks few blocks.
    for offset in (0..<ConnectionTable.blockSize).reversed() {
      freeSlots.append(UInt32(first + offset))
    }
  }

  subscript(index: Int) -> Slot {
    blocks[index >> ConnectionTable.blockShift] + (index & (ConnectionTable.blockSize - 1))
  }

  /// The connection a token names, or nil when it is gone.
  func find(_ token: Token) -> Slot? {
    guard token.index < capacity else { return nil }
    let slot = self[token.index]
    return slot.pointee.generation == token.generation && slot.pointee.phase != .free ? slot : nil
  }

  /// One past the highest index there is a slot for.
  var capacity: Int { blocks.count << ConnectionTable.blockShift }

  /// Frees the memory. No slot may be in use.
  mutating func destroy() {
    for block in blocks { block.deallocate() }
    blocks = []
    freeSlots = []
  }
}
