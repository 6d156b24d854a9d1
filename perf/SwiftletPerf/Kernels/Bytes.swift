// SPDX-License-Identifier: Apache-2.0

/// Memory that closures share, aligned to a cache line, so that no run is luckier than another.
final class Bytes {
  let start: UnsafeMutableRawPointer
  let count: Int

  /// Zeros.
  init(count: Int) {
    start = .allocate(byteCount: max(count, 1), alignment: 64)
    self.count = count
    mutable.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { start.deallocate() }

  convenience init(_ other: Bytes) {
    self.init(count: other.count)
    mutable.copyMemory(from: other.buffer)
  }

  convenience init(utf8 text: String) {
    self.init(count: text.utf8.count)
    mutable.copyBytes(from: text.utf8)
  }

  static func random(_ count: Int) -> Bytes {
    let bytes = Bytes(count: count)
    var generator = SplitMix64(seed: 1)
    for index in 0..<count { bytes.mutable[index] = UInt8(truncatingIfNeeded: generator.next()) }
    return bytes
  }

  var mutable: UnsafeMutableRawBufferPointer { .init(start: start, count: count) }
  var buffer: UnsafeRawBufferPointer { .init(start: start, count: count) }
  var characters: UnsafeMutablePointer<CChar> { start.assumingMemoryBound(to: CChar.self) }
  var unsigned: UnsafeMutablePointer<UInt8> { start.assumingMemoryBound(to: UInt8.self) }
  var array: [UInt8] { Array(buffer) }
}
