// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Bytes that are being written. An array would check with every byte whether it is shared.
struct ByteSink: ~Copyable {
  private var start: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    start = .allocate(byteCount: capacity, alignment: 1)
  }

  deinit { start.deallocate() }

  /// What has been written, for the time of the call.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Makes room for so many more.
  @inline(__always)
  mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(more) }
  }

  private mutating func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    larger.copyMemory(from: start, byteCount: count)
    start.deallocate()
    start = larger
  }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    reserve(1)
    start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  @inline(__always)
  mutating func put(_ more: UnsafeRawBufferPointer) {
    reserve(more.count)
    if let from = more.baseAddress { memcpy(start + count, from, more.count) }
    count += more.count
  }

  /// Most significant byte first.
  @inline(__always)
  mutating func put<Number: FixedWidthInteger>(bigEndian number: Number) {
    reserve(MemoryLayout<Number>.size)
    (start + count).storeBytes(of: number.bigEndian, as: Number.self)
    count += MemoryLayout<Number>.size
  }
}
