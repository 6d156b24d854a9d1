// SPDX-License-Identifier: Apache-2.0

import PureSwift
import SwiftletCore
import Testing

/// A pixel format with the values its tests draw from.
protocol TestPixel: Sample {
  static var format: PixelFormat { get }
  /// Sums are exact, and all methods give the same bits.
  static var isExact: Bool { get }
  init(random: inout SplitMix64)
  static var smallest: Self { get }
  static var largest: Self { get }
  var double: Double { get }
}

extension UInt8: TestPixel {
  static var format: PixelFormat { .u8 }
  static var isExact: Bool { true }
  init(random: inout SplitMix64) { self = .random(in: .min ... .max, using: &random) }
  static var smallest: UInt8 { .min }
  static var largest: UInt8 { .max }
  var double: Double { Double(self) }
}

extension UInt16: TestPixel {
  static var format: PixelFormat { .u16 }
  static var isExact: Bool { true }
  init(random: inout SplitMix64) { self = .random(in: .min ... .max, using: &random) }
  static var smallest: UInt16 { .min }
  static var largest: UInt16 { .max }
  var double: Double { Double(self) }
}

extension Float: TestPixel {
  static var format: PixelFormat { .f32 }
  static var isExact: Bool { false }
  init(random: inout SplitMix64) { self = .random(in: -1000...1000, using: &random) }
  static var smallest: Float { -65_504 }
  static var largest: Float { 1e9 }
  var double: Double { Double(self) }
}

extension Double: TestPixel {
  static var format: PixelFormat { .f64 }
  static var isExact: Bool { false }
  init(random: inout SplitMix64) { self = .random(in: -1000...1000, using: &random) }
  static var smallest: Double { -65_504 }
  static var largest: Double { 1e12 }
  var double: Double { self }
}

enum Distribution: CaseIterable {
  case random, constant, twoValues, rising, falling, extremes

  func pixels<Pixel: TestPixel>(_ count: Int, _: Pixel.Type) -> [Pixel] {
    var random = SplitMix64(count)
    let values = (0..<count).map { _ in Pixel(random: &random) }
    switch self {
    case .random: return values
    case .constant: return values.map { _ in values[0] }
    case .twoValues: return values.indices.map { $0 % 2 == 0 ? values[0] : .largest }
    case .rising: return values.sorted()
    case .falling: return values.sorted(by: >)
    case .extremes: return values.map { $0 < values[0] ? .smallest : .largest }
    }
  }
}

extension CAgainstSwift {
  @Suite struct Statistics {
    static let counts = Array(1...130) + [255, 256, 257, 1_000, 4_099, 70_001]

    @Test(arguments: Distribution.allCases) func u8(_ distribution: Distribution) throws {
      try compare(distribution, UInt8.self)
    }

    @Test(arguments: Distribution.allCases) func u16(_ distribution: Distribution) throws {
      try compare(distribution, UInt16.self)
    }

    @Test(arguments: Distribution.allCases) func f32(_ distribution: Distribution) throws {
      try compare(distribution, Float.self)
    }

    @Test(arguments: Distribution.allCases) func f64(_ distribution: Distribution) throws {
      try compare(distribution, Double.self)
    }

    private func compare<Pixel: TestPixel>(_ distribution: Distribution, _: Pixel.Type) throws {
      for count in Self.counts {
        let pixels = distribution.pixels(count, Pixel.self)
        let swift = Self.swift(pixels)
        // Sums in another order differ by what is small against the values, not against the sum.
        let scale = pixels.reduce(0) { max($0, abs($1.double)) }
        for method in ImageMethod.allCases {
          var first: ImageStatistics?
          try CAgainstSwift.atEachLevel { level in
            let found: ImageStatistics
            do throws(CoreError) {
              found = try Self.c(pixels, method)
            } catch {
              if error == .unsupported { return }
              throw error
            }
            let what: Comment = "\(Pixel.format) \(distribution) \(count) \(method) \(level)"
            #expect(found.count == count, what)
            #expect(found.min == swift.min, what)
            #expect(found.max == swift.max, what)
            #expect(found.median == swift.median, what)
            if Pixel.isExact {
              #expect(found.mean == swift.mean, what)
              #expect(found.variance == swift.variance, what)
            } else {
              #expect(abs(found.mean - swift.mean) <= 1e-12 * scale, what)
              #expect(abs(found.variance - swift.variance) <= 1e-12 * scale * scale, what)
            }
            // The same bits at every level.
            if let first { #expect(found == first, what) }
            first = first ?? found
          }
        }
      }
    }

    @Test(arguments: [1, 2, 17, 64, 300])
    func aNaNAnywhereMakesAllNaN(_ count: Int) throws {
      for place in [0, count / 2, count - 1] {
        var pixels = Distribution.random.pixels(count, Float.self)
        pixels[place] = place % 2 == 0 ? .nan : -.nan
        let swift = Self.swift(pixels)
        try CAgainstSwift.atEachLevel { level in
          let c = try Self.c(pixels, .auto)
          for value in [
            swift.min, swift.max, swift.mean, swift.variance, swift.median,
            c.min, c.max, c.mean, c.variance, c.median,
          ] {
            #expect(value.isNaN, "\(level), NaN at \(place) of \(count)")
          }
        }
      }
    }

    @Test func infinitiesAreValues() throws {
      let pixels: [Double] = [.infinity, -.infinity, 1, -1, 0]
      let swift = Self.swift(pixels)
      #expect(swift.min == -.infinity && swift.max == .infinity && swift.median == 0)
      #expect(swift.mean.isNaN)
      try CAgainstSwift.atEachLevel { level in
        let c = try Self.c(pixels, .auto)
        #expect(c.min == -.infinity && c.max == .infinity && c.median == 0, "\(level)")
        #expect(c.mean.isNaN, "\(level)")
      }
    }

    /// What numpy gives: numpy.var([1, 2, 3, 4]) and the median of an even count.
    @Test func smallExamples() throws {
      let swift = Self.swift([1, 2, 3, 4] as [UInt8])
      #expect(swift.mean == 2.5 && swift.median == 2.5 && swift.variance == 1.25)
      let c = try Self.c([1, 2, 3, 4] as [UInt8], .auto)
      #expect(c.mean == 2.5 && c.median == 2.5 && c.variance == 1.25 && c.sum == 10)
    }

    private static func c<Pixel: TestPixel>(
      _ pixels: [Pixel], _ method: ImageMethod
    ) throws(CoreError) -> ImageStatistics {
      try ImageStatistics.compute(
        of: pixels.span.bytes,
        layout: ImageLayout(rows: 1, columns: pixels.count, format: Pixel.format), method: method,
        want: .all)
    }

    private static func swift<Pixel: TestPixel>(_ pixels: [Pixel]) -> ImageStatistics {
      pixels.withUnsafeBufferPointer { pixels in
        let basic = Pixel.statistics(of: pixels)
        return ImageStatistics(
          count: pixels.count, min: basic.min, max: basic.max, sum: 0, mean: basic.mean,
          variance: Pixel.variance(of: pixels), median: basic.median)
      }
    }
  }
}
