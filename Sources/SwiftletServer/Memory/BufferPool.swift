// SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// The free buffers of one loop, in classes of doubling size. In steady state every message finds
/// its buffer here and the allocator is not called.
///
/// What lay unused since the last ``trim()`` is freed by the next one, so that a burst does not keep
/// its memory. Confined to its loop's thread.
struct BufferPool {
  struct Shelf {
    var first: Buffer?
    var count = 0
    /// The fewest buffers that lay here since the last trim: those nobody needed.
    var spare = 0
  }

  private static let smallestShift = 12
  static let shelfCount = 24
  /// The most a buffer of the last shelf holds.
  private static let largest = (1 << (smallestShift + shelfCount - 1)) - Buffer.headerSize
  let shelves: UnsafeMutablePointer<Shelf>
  private let lent: UnsafeMutablePointer<Int>

  /// Bytes of the buffers that were taken and not given back.
  var lentBytes: Int { lent.pointee }

  init() {
    lent = .allocate(capacity: 1)
    lent.initialize(to: 0)
    shelves = .allocate(capacity: BufferPool.shelfCount)
    shelves.initialize(repeating: Shelf(), count: BufferPool.shelfCount)
  }

  /// Frees every buffer that lies here. The pool must not be used after it.
  func destroy() {
    for index in 0..<BufferPool.shelfCount {
      while let buffer = unshelve(index) { free(buffer.base) }
    }
    shelves.deallocate()
    lent.deallocate()
  }

  /// The shelf whose blocks, header included, hold at least `capacity` bytes of payload.
  private static func shelf(for capacity: Int) -> Int {
    let size = max(capacity + Buffer.headerSize, 1 << smallestShift)
    return Int.bitWidth - (size - 1).leadingZeroBitCount - smallestShift
  }

  private func unshelve(_ index: Int) -> Buffer? {
    guard let buffer = shelves[index].first else { return nil }
    shelves[index].first = buffer.next
    shelves[index].count -= 1
    shelves[index].spare = min(shelves[index].spare, shelves[index].count)
    return buffer
  }

  private func pop(_ index: Int) -> Buffer? {
    guard let buffer = unshelve(index) else { return nil }
    buffer.next = nil
    buffer.start = 0
    buffer.end = 0
    lent.pointee += buffer.capacity
    return buffer
  }

  private static func allocate(shelf: Int) -> Buffer {
    let size = 1 << (shelf + smallestShift)
    guard let memory = aligned_alloc(64, size) else {
      fatalError("out of memory: could not allocate \(size) bytes")
    }
    return Buffer(base: memory, capacity: size - Buffer.headerSize)
  }

  /// An empty buffer with room for `capacity` bytes.
  func take(capacity: Int) -> Buffer {
    let index = BufferPool.shelf(for: capacity)
    if let buffer = pop(index) { return buffer }
    let buffer = BufferPool.allocate(shelf: index)
    lent.pointee += buffer.capacity
    return buffer
  }

  /// An empty buffer for a message of which `promised` bytes are announced: one of that size if it
  /// lies here already, else one of at most `unproven` bytes, since a header may lie.
  func take(promised: Int, unproven: Int) -> Buffer {
    if promised > unproven && promised <= BufferPool.largest,
      let buffer = pop(BufferPool.shelf(for: promised))
    {
      return buffer
    }
    return take(capacity: min(promised, unproven))
  }

  /// A buffer of at least `capacity` bytes with the content of `buffer`, which is given back.
  func grow(_ buffer: Buffer, capacity: Int) -> Buffer {
    let larger = take(capacity: capacity)
    larger.append(buffer.front, buffer.count)
    give(buffer)
    return larger
  }

  func give(_ buffer: Buffer) {
    let index = BufferPool.shelf(for: buffer.capacity)
    lent.pointee -= buffer.capacity
    buffer.next = shelves[index].first
    shelves[index].first = buffer
    shelves[index].count += 1
  }

  /// Frees what no one took since the last call.
  func trim() {
    var freed = 0
    for index in 0..<BufferPool.shelfCount {
      for _ in 0..<shelves[index].spare {
        guard let buffer = unshelve(index) else { break }
        freed += buffer.capacity
        free(buffer.base)
      }
      shelves[index].spare = shelves[index].count
    }
    // After a burst of large messages the allocator keeps what was freed, and raises the size from
    // which it would not.
    if freed >= 1 << 20 { malloc_trim(0) }
  }
}
