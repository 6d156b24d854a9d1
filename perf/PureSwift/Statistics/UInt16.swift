// SPDX-License-Identifier: Apache-2.0

extension UInt16: Sample {
  public static func range(of pixels: UnsafeBufferPointer<UInt16>) -> (min: Double, max: Double) {
    // With the top bit turned they order as signed numbers do, which SSE2 compares in one instruction.
    let turned: UInt16 = 0x8000
    var (low, high) = (Int16.max, Int16.min)
    for pixel in pixels {
      low = Swift.min(low, Int16(bitPattern: pixel ^ turned))
      high = Swift.max(high, Int16(bitPattern: pixel ^ turned))
    }
    return (Double(UInt16(bitPattern: low) ^ turned), Double(UInt16(bitPattern: high) ^ turned))
  }

  public static func mean(of pixels: UnsafeBufferPointer<UInt16>) -> Double {
    Double(sum(pixels)) / Double(pixels.count)
  }

  public static func variance(of pixels: UnsafeBufferPointer<UInt16>) -> Double {
    var squares: UInt64 = 0
    for pixel in pixels { squares &+= UInt64(UInt32(pixel) &* UInt32(pixel)) }
    return exactVariance(count: pixels.count, sum: sum(pixels), squares: squares)
  }

  public static func median(of pixels: UnsafeBufferPointer<UInt16>) -> Double {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 65_536) { bins in
      bins.initialize(repeating: 0)
      let bins = bins.baseAddress!
      for pixel in pixels { bins[Int(pixel)] &+= 1 }
      return middleOfCounts(total: pixels.count) { Int(bins[$0]) }
    }
  }

  private static func sum(_ pixels: UnsafeBufferPointer<UInt16>) -> UInt64 {
    var sum: UInt64 = 0
    // Every second pixel in a lane of 32 bits, which takes 2^16 of them.
    let tail = forVectors(of: pixels, SIMD16<UInt32>.self, atMost: 1 << 16) { block in
      var (even, odd) = (SIMD16<UInt32>(), SIMD16<UInt32>())
      for pair in block {
        even &+= pair & 0xFFFF
        odd &+= pair &>> 16
      }
      for lane in even.indices { sum += UInt64(even[lane]) + UInt64(odd[lane]) }
    }
    return tail.reduce(sum) { $0 + UInt64($1) }
  }
}
