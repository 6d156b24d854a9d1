// SPDX-License-Identifier: Apache-2.0

import SwiftletCore

/// Messages as they go over the wire, made beforehand: what precedes a message (a frame's header), and the
/// message masked. To send one, only its sequence and its checksum are written into it.
///
/// A few images take turns, each masked with a random key of its own: masking anew for every message would tell
/// the server nothing more and cost the client as much as sending does.
struct WireImages: ~Copyable {
  /// Memory of all images: they are to stay in the cache.
  private static let room = 512 << 10

  private struct Image {
    let bytes: UnsafeMutableRawPointer
    /// The key as it falls on the bytes of the two numbers.
    let sequenceMask: UInt64
    let checksumMask: UInt64
  }

  private let images: UnsafeMutableBufferPointer<Image>
  private let memory: UnsafeMutableRawPointer
  /// Of one image.
  private let size: Int
  private let prefixSize: Int
  private var next = 0

  init(of payload: borrowing Payload, to target: Target, seed: UInt64) {
    prefixSize = target.prefix(of: payload, key: 0).count
    size = prefixSize + payload.size
    let count = target.isMasked ? max(2, min(64, Self.room / size)) : 1
    images = .allocate(capacity: count)
    memory = .allocate(byteCount: count * size, alignment: 64)
    var random = SplitMix64(seed: seed ^ 0x6d61_736b)
    for index in 0..<count {
      let key = target.isMasked ? UInt32(truncatingIfNeeded: random.next()) : 0
      let start = memory + index * size
      let head = target.prefix(of: payload, key: key)
      head.withUnsafeBytes { start.copyMemory(from: $0.baseAddress!, byteCount: prefixSize) }
      for offset in 0..<payload.size {
        let mask = UInt8(truncatingIfNeeded: key.littleEndian >> UInt32(8 * (offset & 3)))
        start.storeBytes(
          of: payload.bytes[offset] ^ mask, toByteOffset: prefixSize + offset, as: UInt8.self)
      }
      images.initializeElement(
        at: index,
        to: Image(
          bytes: start, sequenceMask: Self.mask(key, at: payload.layout.sequenceOffset),
          checksumMask: Self.mask(key, at: payload.layout.checksumOffset)))
    }
  }

  deinit {
    images.deallocate()
    memory.deallocate()
  }

  private static func mask(_ key: UInt32, at offset: Int) -> UInt64 {
    let turn = UInt32(8 * (offset & 3))
    let turned = UInt64(turn == 0 ? key : key >> turn | key << (32 - turn))
    return turned << 32 | turned
  }

  /// Calls `body` with the message of a place in a connection's sequence.
  @inline(__always)
  mutating func with(
    _ sequence: UInt64, of connection: UInt32, in payload: borrowing Payload,
    _ body: (RawSpan) -> Void
  ) {
    let image = images[next]
    next += 1
    if next == images.count { next = 0 }
    let words = payload.words(sequence, of: connection)
    payload.layout.write(
      (words.sequence ^ image.sequenceMask, words.checksum ^ image.checksumMask),
      to: image.bytes + prefixSize)
    body(UnsafeRawBufferPointer(start: image.bytes, count: size).bytes)
  }
}
