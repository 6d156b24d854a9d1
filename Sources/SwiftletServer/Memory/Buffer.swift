// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A block of memory with its bookkeeping in front, so that it can wait in a list without another
/// allocation: a message on its way in, input not yet read, or output not yet sent.
///
/// A plain pointer: whoever holds it gives it back to a ``BufferPool`` once.
struct Buffer {
  private struct Header {
    var next: UnsafeMutableRawPointer?
    var capacity: Int
    var start: Int
    var end: Int
  }

  /// A cache line, so that payloads are aligned for the vector kernels.
  static let headerSize = 64

  let base: UnsafeMutableRawPointer

  init(base: UnsafeMutableRawPointer) {
    self.base = base
  }

  init(base: UnsafeMutableRawPointer, capacity: Int) {
    self.base = base
    base.initializeMemory(
      as: Header.self, to: Header(next: nil, capacity: capacity, start: 0, end: 0))
  }

  private var header: UnsafeMutablePointer<Header> {
    base.assumingMemoryBound(to: Header.self)
  }

  var next: Buffer? {
    get { header.pointee.next.map(Buffer.init(base:)) }
    nonmutating set { header.pointee.next = newValue?.base }
  }

  /// Bytes of payload the block has room for.
  var capacity: Int { header.pointee.capacity }

  /// Where the bytes in use begin and end.
  var start: Int {
    get { header.pointee.start }
    nonmutating set { header.pointee.start = newValue }
  }
  var end: Int {
    get { header.pointee.end }
    nonmutating set { header.pointee.end = newValue }
  }

  var count: Int { header.pointee.end - header.pointee.start }
  var room: Int { header.pointee.capacity - header.pointee.end }

  private var payload: UnsafeMutableRawPointer { base + Buffer.headerSize }

  /// The first byte in use.
  var front: UnsafeMutableRawPointer { payload + header.pointee.start }

  /// The first free byte.
  var tail: UnsafeMutableRawPointer { payload + header.pointee.end }

  /// Copies bytes behind those in use. There must be room for them.
  func append(_ bytes: UnsafeRawPointer, _ count: Int) {
    assert(count <= room)
    memcpy(tail, bytes, count)
    end += count
  }
}
