// SPDX-License-Identifier: Apache-2.0

/// The values services answer with; numpy's semantics.
public struct Statistics: Hashable, Sendable {
  public var min: Double
  public var max: Double
  public var mean: Double
  public var median: Double
}

/// A pixel format. `pixels` is never empty; a NaN among them makes every value NaN.
public protocol Sample: Comparable, BitwiseCopyable {
  static func range(of pixels: UnsafeBufferPointer<Self>) -> (min: Double, max: Double)
  static func mean(of pixels: UnsafeBufferPointer<Self>) -> Double
  /// Population variance.
  static func variance(of pixels: UnsafeBufferPointer<Self>) -> Double
  static func median(of pixels: UnsafeBufferPointer<Self>) -> Double
  static func statistics(of pixels: UnsafeBufferPointer<Self>) -> Statistics
}

extension Sample {
  public static func statistics(of pixels: UnsafeBufferPointer<Self>) -> Statistics {
    let range = range(of: pixels)
    return Statistics(
      min: range.min, max: range.max, mean: mean(of: pixels), median: median(of: pixels))
  }
}

/// n·Σx² − (Σx)² over n², correctly rounded.
func exactVariance(count: Int, sum: UInt64, squares: UInt64) -> Double {
  let numerator = UInt128(count) * UInt128(squares) - UInt128(sum) * UInt128(sum)
  let denominator = UInt128(count) * UInt128(count)
  var (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
  // Long division until there are more bits than a Double holds; what is left over only decides
  // which way a tie is rounded.
  var scale = 1.0
  while quotient < 1 << 60, remainder != 0 {
    remainder <<= 1
    quotient <<= 1
    if remainder >= denominator {
      remainder -= denominator
      quotient |= 1
    }
    scale /= 2
  }
  if remainder != 0 { quotient |= 1 }
  return Double(quotient) * scale
}
