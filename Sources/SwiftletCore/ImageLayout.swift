// SPDX-License-Identifier: Apache-2.0

internal import CSwiftlet

/// How a sample is stored; the raw value is the name routes and commands use.
public enum PixelFormat: String, CaseIterable, Sendable {
  case u8
  /// Little endian.
  case u16
  /// IEEE 754 binary32, little endian.
  case f32
  /// IEEE 754 binary64, little endian.
  case f64

  /// Bytes of one sample.
  public var size: Int {
    switch self {
    case .u8: 1
    case .u16: 2
    case .f32: 4
    case .f64: 8
    }
  }

  var imported: swl_pixel {
    switch self {
    case .u8: SWL_PIXEL_U8
    case .u16: SWL_PIXEL_U16
    case .f32: SWL_PIXEL_F32
    case .f64: SWL_PIXEL_F64
    }
  }
}

/// Where the pixels of an image lie in memory. Any alignment will do.
public struct ImageLayout: Hashable, Sendable {
  public var rows: Int
  public var columns: Int
  public var format: PixelFormat
  /// Interleaved samples of a pixel, 1 to 4.
  public var channels: Int
  /// Bytes from row to row; 0 when rows follow each other without a gap.
  public var stride: Int

  /// A layout is not checked here but where it is used, by ``CoreError/layout``.
  public init(
    rows: Int, columns: Int, format: PixelFormat = .u8, channels: Int = 1, stride: Int = 0
  ) {
    self.rows = rows
    self.columns = columns
    self.format = format
    self.channels = channels
    self.stride = stride
  }

  /// Bytes of the image from its first pixel to its last, without a gap behind the last row; `nil`
  /// when a number is negative or the product does not fit an `Int`.
  public var size: Int? {
    guard rows >= 0, columns >= 0, channels >= 0, stride >= 0 else { return nil }
    let (samples, samplesOverflow) = columns.multipliedReportingOverflow(by: channels)
    let (row, rowOverflow) = samples.multipliedReportingOverflow(by: format.size)
    guard !samplesOverflow, !rowOverflow else { return nil }
    guard rows > 0 else { return 0 }
    let step = stride == 0 ? row : stride
    let (before, beforeOverflow) = (rows - 1).multipliedReportingOverflow(by: step)
    let (size, sizeOverflow) = before.addingReportingOverflow(row)
    return beforeOverflow || sizeOverflow ? nil : size
  }

  func imported() throws(CoreError) -> swl_image_layout {
    guard rows >= 0, columns >= 0, stride >= 0, let channels = UInt32(exactly: channels) else {
      throw .layout
    }
    return swl_image_layout(
      rows: rows, columns: columns, stride: stride, pixel: format.imported, channels: channels)
  }
}
