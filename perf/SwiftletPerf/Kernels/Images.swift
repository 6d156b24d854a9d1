// SPDX-License-Identifier: Apache-2.0

internal import PureSwift
internal import SwiftletCore

/// How the pixels of a test image are related: what costs a histogram or a branch on a pixel its
/// speed differs between the two.
enum Texture: String, CaseIterable {
  /// Any value anywhere.
  case random
  /// A gradient from corner to corner: neighbours are equal or nearly so.
  case smooth
}

protocol ImagePixel: Sample {
  static var format: PixelFormat { get }
  /// Whether all methods must give the same bits.
  static var isExact: Bool { get }
  /// The pixel for a brightness from 0 to 1.
  init(brightness: Double)
}

extension UInt8: ImagePixel {
  static var format: PixelFormat { .u8 }
  static var isExact: Bool { true }
  init(brightness: Double) { self = UInt8(brightness * 255) }
}

extension UInt16: ImagePixel {
  static var format: PixelFormat { .u16 }
  static var isExact: Bool { true }
  init(brightness: Double) { self = UInt16(brightness * 65_535) }
}

extension Float: ImagePixel {
  static var format: PixelFormat { .f32 }
  static var isExact: Bool { false }
  init(brightness: Double) { self = Float(brightness) }
}

/// A test image.
struct Image<Pixel: ImagePixel> {
  let columns: Int
  let rows: Int
  let texture: Texture
  let pixels: Bytes

  init(_ columns: Int, _ rows: Int, _ texture: Texture) {
    self.columns = columns
    self.rows = rows
    self.texture = texture
    pixels = Bytes(count: rows * columns * MemoryLayout<Pixel>.size)
    var generator = SplitMix64(seed: 1)
    let target = pixels.start.assumingMemoryBound(to: Pixel.self)
    for row in 0..<rows {
      for column in 0..<columns {
        let brightness =
          switch texture {
          case .random: Double(generator.next() >> 11) * 0x1p-53
          case .smooth:
            (Double(row) / Double(rows) + Double(column) / Double(columns)) / 2
          }
        target[row * columns + column] = Pixel(brightness: brightness)
      }
    }
  }

  var layout: ImageLayout { ImageLayout(rows: rows, columns: columns, format: Pixel.format) }
}
