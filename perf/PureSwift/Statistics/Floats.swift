// SPDX-License-Identifier: Apache-2.0

extension Float: Sample {
  public static func range(of pixels: UnsafeBufferPointer<Float>) -> (min: Double, max: Double) {
    if containsNaN(pixels) { return (.nan, .nan) }
    let range = floatRange(pixels, SIMD16<Float>.self, isLess: { $0 .< $1 })
    return (Double(range.min), Double(range.max))
  }

  public static func mean(of pixels: UnsafeBufferPointer<Float>) -> Double {
    sum(pixels) { $0 } / Double(pixels.count)
  }

  public static func variance(of pixels: UnsafeBufferPointer<Float>) -> Double {
    let mean = mean(of: pixels)
    return sum(pixels) { ($0 - mean) * ($0 - mean) } / Double(pixels.count)
  }

  public static func median(of pixels: UnsafeBufferPointer<Float>) -> Double {
    if containsNaN(pixels) { return .nan }
    return middle(
      of: pixels.count, { Int32(bitPattern: pixels[$0].bitPattern) },
      value: { Double(Float(bitPattern: UInt32(bitPattern: $0))) })
  }

  /// Sums in double, in 16 lanes.
  @inline(__always)
  private static func sum(
    _ pixels: UnsafeBufferPointer<Float>, _ value: (SIMD16<Double>) -> SIMD16<Double>
  ) -> Double {
    var lanes = SIMD16<Double>()
    let tail = forVectors(of: pixels, SIMD16<Float>.self, atMost: .max) { block in
      for vector in block { lanes += value(SIMD16<Double>(vector)) }
    }
    for pixel in tail { lanes[0] += value(SIMD16(repeating: Double(pixel)))[0] }
    return lanes.sum()
  }

  /// Whether a magnitude is above infinity's; a sign bit that is only ever set, which the compiler
  /// turns into vector code.
  private static func containsNaN(_ pixels: UnsafeBufferPointer<Float>) -> Bool {
    let infinity = Float.infinity.bitPattern
    var signs: UInt32 = 0
    for pixel in pixels { signs |= infinity &- pixel.magnitude.bitPattern }
    return signs >> 31 != 0
  }
}

extension Double: Sample {
  public static func range(of pixels: UnsafeBufferPointer<Double>) -> (min: Double, max: Double) {
    if containsNaN(pixels) { return (.nan, .nan) }
    return floatRange(pixels, SIMD8<Double>.self, isLess: { $0 .< $1 })
  }

  public static func mean(of pixels: UnsafeBufferPointer<Double>) -> Double {
    sum(pixels) { $0 } / Double(pixels.count)
  }

  public static func variance(of pixels: UnsafeBufferPointer<Double>) -> Double {
    let mean = mean(of: pixels)
    return sum(pixels) { ($0 - mean) * ($0 - mean) } / Double(pixels.count)
  }

  public static func median(of pixels: UnsafeBufferPointer<Double>) -> Double {
    if containsNaN(pixels) { return .nan }
    return middle(
      of: pixels.count, { Int64(bitPattern: pixels[$0].bitPattern) },
      value: { Double(bitPattern: UInt64(bitPattern: $0)) })
  }

  /// Sums in 16 lanes.
  @inline(__always)
  private static func sum(
    _ pixels: UnsafeBufferPointer<Double>, _ value: (SIMD16<Double>) -> SIMD16<Double>
  ) -> Double {
    var lanes = SIMD16<Double>()
    let tail = forVectors(of: pixels, SIMD16<Double>.self, atMost: .max) { block in
      for vector in block { lanes += value(vector) }
    }
    for pixel in tail { lanes[0] += value(SIMD16(repeating: pixel))[0] }
    return lanes.sum()
  }

  /// Whether a magnitude is above infinity's; a sign bit that is only ever set, which the compiler
  /// turns into vector code.
  private static func containsNaN(_ pixels: UnsafeBufferPointer<Double>) -> Bool {
    let infinity = Double.infinity.bitPattern
    var signs: UInt64 = 0
    for pixel in pixels { signs |= infinity &- pixel.magnitude.bitPattern }
    return signs >> 63 != 0
  }
}

/// Smallest and largest, NaN left out, as it is not less than anything. The comparison is the caller's,
/// because only that of a concrete vector is one instruction.
@inline(__always)
private func floatRange<Vector: SIMD & BitwiseCopyable>(
  _ pixels: UnsafeBufferPointer<Vector.Scalar>, _: Vector.Type,
  isLess: (Vector, Vector) -> SIMDMask<Vector.MaskStorage>
) -> (min: Vector.Scalar, max: Vector.Scalar)
where Vector.Scalar: BinaryFloatingPoint & BitwiseCopyable {
  var (low, high) = (Vector(repeating: .infinity), Vector(repeating: -.infinity))
  let tail = forVectors(of: pixels, Vector.self, atMost: .max) { block in
    for vector in block {
      low.replace(with: vector, where: isLess(vector, low))
      high.replace(with: vector, where: isLess(high, vector))
    }
  }
  var (min, max) = (low.min(), high.max())
  for pixel in tail {
    if pixel < min { min = pixel }
    if pixel > max { max = pixel }
  }
  return (min, max)
}

/// The median of `count` values by their ``orderedBits``.
@inline(__always)
private func middle<Bits: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
  of count: Int, _ bits: (Int) -> Bits, value: (Bits) -> Double
) -> Double {
  let keys = UnsafeMutablePointer<Bits>.allocate(capacity: count)
  defer { keys.deallocate() }
  for index in 0..<count { keys[index] = orderedBits(bits(index)) }
  let middle = count / 2
  select(middle, in: keys, from: 0, through: count - 1)
  let upper = value(orderedBits(keys[middle]))
  if count % 2 == 1 { return upper }
  // None before the middle is larger: the lower one of the two is the largest there.
  var lower = Bits.min
  for index in 0..<middle { lower = max(lower, keys[index]) }
  return (value(orderedBits(lower)) + upper) / 2
}

/// The bits of a floating-point number as an integer that orders as the number does, and back: below
/// zero, where IEEE 754 counts away from it, all bits but the sign are turned.
@inline(__always)
private func orderedBits<Bits: FixedWidthInteger & SignedInteger>(_ bits: Bits) -> Bits {
  bits ^ (bits &>> Bits(Bits.bitWidth - 1)) & Bits.max
}
