// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// Statistics of an image that arrives in pieces; freed when it goes out of scope.
///
/// u8 and u16 keep counts only (2 KiB and 512 KiB a channel); f32 and f64 keep the pixels, growing
/// with what has arrived. One image after the other may go through the same stream.
// The pointer has one owner and every use of it is mutating, so handing it to another thread is safe.
public struct ImageStream: ~Copyable, @unchecked Sendable {
  private let stream: OpaquePointer
  private let channels: Int

  /// - Parameter layout: `stride` must be 0 or that of rows without a gap.
  /// - Throws: ``CoreError/layout``, ``CoreError/empty`` or ``CoreError/memory``.
  public init(
    layout: ImageLayout, method: ImageMethod = .auto, want: ImageStatistics.Want = .basic
  ) throws(CoreError) {
    var imported = try layout.imported()
    var options = swl_image_options(method, want: want.rawValue)
    var stream: OpaquePointer?
    try CoreError.check(swl_image_stream_begin(&imported, &options, &stream))
    guard let stream else { throw .memory }
    self.stream = stream
    channels = layout.channels
  }

  deinit { swl_image_stream_free(stream) }

  /// Adds the next bytes, cut anywhere.
  /// - Throws: ``CoreError/layout`` when there are more than the image has, ``CoreError/memory``.
  public mutating func update(_ bytes: RawSpan) throws(CoreError) {
    try CoreError.check(
      bytes.withUnsafeBytes { swl_image_stream_update(stream, $0.baseAddress, $0.count) })
  }

  /// The statistics of an image with one channel; the stream is then ready for the next image.
  /// - Throws: ``CoreError/layout`` when bytes are missing or the layout has more channels.
  public mutating func finish() throws(CoreError) -> ImageStatistics {
    guard channels == 1 else { throw .layout }
    var result = swl_image_result()
    try CoreError.check(swl_image_stream_finish(stream, &result))
    return ImageStatistics(&result)
  }

  /// The statistics of each channel; the stream is then ready for the next image.
  /// - Throws: ``CoreError/layout`` when bytes are missing.
  public mutating func finishChannels() throws(CoreError) -> [ImageStatistics] {
    var results = [swl_image_result](repeating: swl_image_result(), count: channels)
    try CoreError.check(swl_image_stream_finish(stream, &results))
    return results.withUnsafeBufferPointer(ImageStatistics.each)
  }
}
