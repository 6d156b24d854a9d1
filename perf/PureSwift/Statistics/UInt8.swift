// SPDX-License-Identifier: Apache-2.0

extension UInt8: Sample {
  public static func range(of pixels: UnsafeBufferPointer<UInt8>) -> (min: Double, max: Double) {
    var (low, high) = (UInt8.max, UInt8.min)
    for pixel in pixels {
      low = Swift.min(low, pixel)
      high = Swift.max(high, pixel)
    }
    return (Double(low), Double(high))
  }

  public static func mean(of pixels: UnsafeBufferPointer<UInt8>) -> Double {
    Double(sum(pixels)) / Double(pixels.count)
  }

  public static func variance(of pixels: UnsafeBufferPointer<UInt8>) -> Double {
    var squares: UInt64 = 0
    // 2^16 squares of a byte fit 32 bits.
    forBlocks(of: pixels, atMost: 1 << 16) { block in
      var sum: UInt32 = 0
      for pixel in block { sum &+= UInt32(UInt16(pixel) &* UInt16(pixel)) }
      squares += UInt64(sum)
    }
    return exactVariance(count: pixels.count, sum: sum(pixels), squares: squares)
  }

  /// Bisects the value range, counting by comparison: no store depends on a pixel, so it is equally
  /// fast on smooth images, where a histogram waits for its own stores, and faster than one.
  public static func median(of pixels: UnsafeBufferPointer<UInt8>) -> Double {
    let half = (pixels.count + 1) / 2
    var (low, high): (UInt8, UInt8) = (0, 255)
    var countUpToHigh = pixels.count
    while low < high {
      let middle = low + (high - low) / 2
      let count = count(upTo: middle, pixels)
      if count >= half {
        (high, countUpToHigh) = (middle, count)
      } else {
        low = middle + 1
      }
    }
    // Only an even count whose lower half ends right here needs the next larger value.
    guard pixels.count % 2 == 0, countUpToHigh == half else { return Double(low) }
    var next = UInt8.max
    for pixel in pixels { next = Swift.min(next, pixel > low ? pixel : .max) }
    return (Double(low) + Double(next)) / 2
  }

  private static func sum(_ pixels: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var sum: UInt64 = 0
    // Every second byte in a lane of 16 bits, which takes 257 of them.
    let tail = forVectors(of: pixels, SIMD16<UInt32>.self, atMost: 257) { block in
      var (even, odd) = (SIMD16<UInt32>(), SIMD16<UInt32>())
      for fours in block {
        even &+= fours & 0x00FF_00FF
        odd &+= (fours &>> 8) & 0x00FF_00FF
      }
      let pairs = (even & 0xFFFF) &+ (even &>> 16) &+ (odd & 0xFFFF) &+ (odd &>> 16)
      sum &+= UInt64(pairs.wrappedSum())
    }
    return tail.reduce(sum) { $0 + UInt64($1) }
  }

  /// How many pixels are at most `bound`.
  private static func count(upTo bound: UInt8, _ pixels: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    let bounds = SIMD64<UInt8>(repeating: bound)
    let tail = forVectors(of: pixels, SIMD64<UInt8>.self, atMost: 255) { block in
      // A lane of a mask is -1 where the comparison holds: subtracting it counts.
      var counts = SIMD64<UInt8>()
      for pixels in block { counts &-= unsafeBitCast(pixels .<= bounds, to: SIMD64<UInt8>.self) }
      for lane in counts.indices { count &+= Int(counts[lane]) }
    }
    for pixel in tail where pixel <= bound { count += 1 }
    return count
  }
}
