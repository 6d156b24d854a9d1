// SPDX-License-Identifier: Apache-2.0

/// Hands out the pixels in runs of at most `atMost`, so that they can be added up in less than 64
/// bits without overflow.
@inline(__always)
func forBlocks<Pixel>(
  of pixels: UnsafeBufferPointer<Pixel>, atMost: Int, _ body: (UnsafeBufferPointer<Pixel>) -> Void
) {
  var start = 0
  while start < pixels.count {
    let end = Swift.min(start + atMost, pixels.count)
    body(UnsafeBufferPointer(rebasing: pixels[start..<end]))
    start = end
  }
}

/// Hands out the pixels in runs of at most `atMost` whole vectors. Returns the pixels behind the last
/// whole vector.
@inline(__always)
func forVectors<Pixel, Vector: BitwiseCopyable>(
  of pixels: UnsafeBufferPointer<Pixel>, _: Vector.Type, atMost: Int,
  _ body: (Vectors<Vector>) -> Void
) -> UnsafeBufferPointer<Pixel>.SubSequence {
  let perVector = MemoryLayout<Vector>.size / MemoryLayout<Pixel>.size
  var next = UnsafeRawPointer(pixels.baseAddress!)
  var left = pixels.count / perVector
  while left > 0 {
    let count = min(left, atMost)
    body(Vectors(start: next, count: count))
    next += count * MemoryLayout<Vector>.size
    left -= count
  }
  return pixels[(pixels.count / perVector * perVector)...]
}

/// Vectors that follow each other in memory, at any alignment.
struct Vectors<Vector: BitwiseCopyable>: Sequence, IteratorProtocol {
  private var position: UnsafeRawPointer
  private let end: UnsafeRawPointer

  @inline(__always)
  init(start: UnsafeRawPointer, count: Int) {
    position = start
    end = start + count * MemoryLayout<Vector>.size
  }

  @inline(__always)
  mutating func next() -> Vector? {
    guard position != end else { return nil }
    defer { position += MemoryLayout<Vector>.size }
    return position.loadUnaligned(as: Vector.self)
  }
}
