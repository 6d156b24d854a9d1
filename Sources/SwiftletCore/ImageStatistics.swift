// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// Statistics of one channel of an image, with numpy's semantics: an even count's median is the mean
/// of the two middle values, a NaN makes every value but ``count`` NaN, and the variance divides by
/// the count. What was not asked for is 0.
public struct ImageStatistics: Hashable, Sendable {
  /// Samples in the channel.
  public var count: Int
  public var min: Double
  public var max: Double
  public var sum: Double
  public var mean: Double
  public var variance: Double
  public var median: Double

  public init(
    count: Int, min: Double, max: Double, sum: Double, mean: Double, variance: Double,
    median: Double
  ) {
    self.count = count
    self.min = min
    self.max = max
    self.sum = sum
    self.mean = mean
    self.variance = variance
    self.median = median
  }

  /// The square root of ``variance``.
  public var standardDeviation: Double { variance.squareRoot() }

  /// What to compute; nothing means ``basic``.
  public struct Want: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Min and max.
    public static let range = Want(rawValue: UInt32(SWL_STATS_RANGE))
    /// Sum and mean.
    public static let mean = Want(rawValue: UInt32(SWL_STATS_MEAN))
    /// Variance, and with it sum and mean.
    public static let variance = Want(rawValue: UInt32(SWL_STATS_VARIANCE))
    public static let median = Want(rawValue: UInt32(SWL_STATS_MEDIAN))
    /// Range, mean and median.
    public static let basic: Want = [.range, .mean, .median]
    /// Every value of ``ImageStatistics``.
    public static let all: Want = [.range, .mean, .variance, .median]
  }

  /// Statistics of an image with one channel.
  ///
  /// u8 allocates nothing, except by ``ImageMethod/quickselect``.
  /// - Parameters:
  ///   - bytes: The pixels, at least `layout.size` of them; only the image's own are read.
  ///   - layout: Has one channel; ``computeChannels(of:layout:method:want:)`` takes more.
  /// - Throws: ``CoreError/empty``, ``CoreError/layout``, ``CoreError/unsupported`` or
  ///   ``CoreError/memory``.
  public static func compute(
    of bytes: RawSpan, layout: ImageLayout, method: ImageMethod = .auto, want: Want = .basic
  ) throws(CoreError) -> ImageStatistics {
    guard layout.channels == 1 else { throw .layout }
    var result = swl_image_result()
    try run(bytes, layout, method, want.rawValue, &result)
    return ImageStatistics(&result)
  }

  /// Statistics of an image with one channel, and its histogram.
  ///
  /// A bin is a value for u8, a value / 256 for u16, and a 256th of the range from min to max for f32
  /// and f64 (where every bin is 0 when a value is NaN or infinite).
  /// - Parameter histogram: Receives the pixels in each bin; has ``histogramBins`` elements.
  /// - Throws: As ``compute(of:layout:method:want:)``, and ``CoreError/space`` when `histogram` has
  ///   another size.
  public static func compute(
    of bytes: RawSpan, layout: ImageLayout, method: ImageMethod = .auto, want: Want = .basic,
    histogram: inout MutableSpan<UInt64>
  ) throws(CoreError) -> ImageStatistics {
    guard layout.channels == 1 else { throw .layout }
    guard histogram.count == histogramBins else { throw .space }
    let wanted = (want.isEmpty ? .basic : want).rawValue | UInt32(SWL_STATS_HISTOGRAM)
    var result = swl_image_result()
    try run(bytes, layout, method, wanted, &result)
    histogram.withUnsafeMutableBytes { bins in
      withUnsafeBytes(of: &result.histogram) { bins.copyMemory(from: $0) }
    }
    return ImageStatistics(&result)
  }

  /// Bins of a histogram.
  public static let histogramBins = 256

  /// Statistics of an image, one element a channel. Allocates the results.
  /// - Parameter bytes: The pixels, at least `layout.size` of them; only the image's own are read.
  /// - Throws: As ``compute(of:layout:method:want:)``.
  public static func computeChannels(
    of bytes: RawSpan, layout: ImageLayout, method: ImageMethod = .auto, want: Want = .basic
  ) throws(CoreError) -> [ImageStatistics] {
    guard 1...4 ~= layout.channels else { throw .layout }
    var results = [swl_image_result](repeating: swl_image_result(), count: layout.channels)
    try run(bytes, layout, method, want.rawValue, &results)
    return results.withUnsafeBufferPointer(ImageStatistics.each)
  }
}

extension ImageStatistics {
  /// Reads a result through its pointer: it is 2 KiB with the bins and is never copied whole.
  init(_ result: UnsafePointer<swl_image_result>) {
    count = Int(result.pointee.count)
    min = result.pointee.min
    max = result.pointee.max
    sum = result.pointee.sum
    mean = result.pointee.mean
    variance = result.pointee.variance
    median = result.pointee.median
  }

  static func each(_ results: UnsafeBufferPointer<swl_image_result>) -> [ImageStatistics] {
    results.indices.map { ImageStatistics(results.baseAddress! + $0) }
  }

  private static func run(
    _ bytes: RawSpan, _ layout: ImageLayout, _ method: ImageMethod, _ want: UInt32,
    _ results: UnsafeMutablePointer<swl_image_result>
  ) throws(CoreError) {
    var layout = try layout.imported()
    var options = swl_image_options(method, want: want)
    try CoreError.check(
      bytes.withUnsafeBytes {
        swl_image_stats($0.baseAddress, $0.count, &layout, &options, results)
      })
  }
}

extension swl_image_options {
  init(_ method: ImageMethod, want: UInt32) {
    self.init(
      size: MemoryLayout<swl_image_options>.size, want: want, method: method.imported,
      scratch: nil, scratch_size: 0, allocator: nil)
  }
}
