// SPDX-License-Identifier: Apache-2.0

import SwiftletCore
import Testing

@Suite struct ImageTests {
  static let pixels: [UInt8] = [1, 2, 3, 10, 20, 30]

  @Test func namesOfFormatsAndMethods() {
    #expect(PixelFormat.allCases.map(\.rawValue) == ["u8", "u16", "f32", "f64"])
    #expect(PixelFormat.allCases.map(\.size) == [1, 2, 4, 8])
    #expect(PixelFormat(rawValue: "i8") == nil)
    #expect(
      ImageMethod.allCases.map(\.rawValue) == [
        "auto", "scalar", "simd", "blas", "histogram", "quickselect",
      ])
  }

  @Test func sizesOfLayouts() {
    #expect(ImageLayout(rows: 600, columns: 800).size == 480_000)
    #expect(ImageLayout(rows: 2, columns: 3, format: .f64, channels: 4).size == 192)
    #expect(ImageLayout(rows: 3, columns: 5, format: .u16, stride: 16).size == 42)
    #expect(ImageLayout(rows: 0, columns: 5).size == 0)
    #expect(ImageLayout(rows: .max, columns: 2).size == nil)
    #expect(ImageLayout(rows: -1, columns: 2).size == nil)
  }

  @Test(arguments: ImageMethod.allCases)
  func statistics(_ method: ImageMethod) throws {
    let found = try ImageStatistics.compute(
      of: Self.pixels.span.bytes, layout: ImageLayout(rows: 2, columns: 3), method: method,
      want: .all)
    #expect(found.count == 6)
    #expect(found.min == 1 && found.max == 30)
    #expect(found.sum == 66 && found.mean == 11)
    #expect(found.median == 6.5)
    // Squares are 1414 in all: 1414 / 6 - 121.
    #expect(found.variance == 688.0 / 6)
    #expect(found.standardDeviation == (688.0 / 6).squareRoot())
  }

  @Test func onlyWhatIsWanted() throws {
    let found = try ImageStatistics.compute(
      of: Self.pixels.span.bytes, layout: ImageLayout(rows: 2, columns: 3), want: .range)
    #expect(found.max == 30)
    #expect(found.sum == 0 && found.median == 0 && found.variance == 0)
  }

  @Test func aHistogram() throws {
    var bins = [UInt64](repeating: 7, count: ImageStatistics.histogramBins)
    var span = bins.mutableSpan
    let found = try ImageStatistics.compute(
      of: Self.pixels.span.bytes, layout: ImageLayout(rows: 2, columns: 3), histogram: &span)
    #expect(found.mean == 11)
    #expect(bins.indices.filter { bins[$0] != 0 } == [1, 2, 3, 10, 20, 30])
    #expect(bins.reduce(0, +) == 6)
  }

  @Test func aHistogramOfAnotherSize() {
    #expect(throws: CoreError.space) {
      var bins: [UInt64] = [0]
      var span = bins.mutableSpan
      _ = try ImageStatistics.compute(
        of: Self.pixels.span.bytes, layout: ImageLayout(rows: 2, columns: 3), histogram: &span)
    }
  }

  @Test func channels() throws {
    let layout = ImageLayout(rows: 1, columns: 2, channels: 3)
    let found = try ImageStatistics.computeChannels(of: Self.pixels.span.bytes, layout: layout)
    #expect(found.map(\.min) == [1, 2, 3])
    #expect(found.map(\.max) == [10, 20, 30])
    #expect(throws: CoreError.layout) {
      try ImageStatistics.compute(of: Self.pixels.span.bytes, layout: layout)
    }
  }

  @Test func whatIsRefused() {
    func compute(_ layout: ImageLayout) throws {
      _ = try ImageStatistics.compute(of: Self.pixels.span.bytes, layout: layout)
    }
    #expect(throws: CoreError.empty) { try compute(ImageLayout(rows: 0, columns: 3)) }
    #expect(throws: CoreError.layout) { try compute(ImageLayout(rows: 3, columns: 3)) }
    #expect(throws: CoreError.layout) { try compute(ImageLayout(rows: -1, columns: 3)) }
    #expect(throws: CoreError.layout) { try compute(ImageLayout(rows: .max, columns: .max)) }
    #expect(throws: CoreError.layout) {
      try ImageStatistics.computeChannels(
        of: Self.pixels.span.bytes, layout: ImageLayout(rows: 1, columns: 1, channels: 5))
    }
  }

  @Test(arguments: PixelFormat.allCases)
  func aStreamEqualsTheWhole(_ format: PixelFormat) throws {
    let layout = ImageLayout(rows: 3, columns: 7, format: format)
    let size = try #require(layout.size)
    // Small positive numbers in every format: 0x3F is the top byte of a float below 1.
    let bytes = (0..<size).map { index in
      index % format.size == format.size - 1 ? 0x3F : UInt8(index * 7 % 64)
    }
    let whole = try ImageStatistics.compute(of: bytes.span.bytes, layout: layout, want: .all)
    var stream = try ImageStream(layout: layout, want: .all)
    // The second image shows that the stream begins anew.
    for cut in [0, 1, size - 1] {
      try stream.update(bytes.span.bytes.extracting(..<cut))
      try stream.update(bytes.span.bytes.extracting(cut...))
      let streamed = try stream.finish()
      #expect(streamed == whole, "cut at \(cut)")
    }
  }

  @Test func aStreamOfChannels() throws {
    var stream = try ImageStream(layout: ImageLayout(rows: 1, columns: 3, channels: 2))
    try stream.update(Self.pixels.span.bytes)
    let found = try stream.finishChannels()
    #expect(found.map(\.mean) == [8, 14])
  }

  @Test func aStreamCounts() throws {
    var short = try ImageStream(layout: ImageLayout(rows: 1, columns: 7))
    try short.update(Self.pixels.span.bytes)
    #expect(Self.error { () throws(CoreError) in _ = try short.finish() } == .layout)
    var long = try ImageStream(layout: ImageLayout(rows: 1, columns: 5))
    #expect(
      Self.error { () throws(CoreError) in try long.update(Self.pixels.span.bytes) } == .layout)
    #expect(throws: CoreError.empty) {
      _ = try ImageStream(layout: ImageLayout(rows: 0, columns: 5)).self
    }
  }

  /// What `body` throws; a macro's closure cannot borrow a value that cannot be copied.
  private static func error(_ body: () throws(CoreError) -> Void) -> CoreError? {
    do {
      try body()
      return nil
    } catch {
      return error
    }
  }
}
