// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SwiftletCore

/// Images of 8-bit pixels, with what the C core says of each.
package struct ImageSet: Sendable {
  /// Not changed once it is made.
  package struct Image: @unchecked Sendable {
    package let rows: Int
    package let columns: Int
    let pixels: Bytes
    package let statistics: ImageStatistics

    init(rows: Int, columns: Int, pixels: Bytes) throws(CoreError) {
      self.rows = rows
      self.columns = columns
      self.pixels = pixels
      statistics = try .compute(
        of: pixels.buffer.bytes, layout: ImageLayout(rows: rows, columns: columns))
    }
  }

  package let images: [Image]

  /// Different ones that are made; more are sent by beginning with the first again.
  package static let made = 64

  /// Noise and gradients in turn, all different.
  package init(rows: Int, columns: Int, count: Int, seed: UInt64) throws(CoreError) {
    var random = SplitMix64(seed: seed)
    var images: [Image] = []
    for number in 0..<min(count, Self.made) {
      let pixels = Bytes(count: rows * columns)
      if number % 2 == 0 {
        fill(pixels, with: &random)
      } else {
        grade(pixels, rows: rows, columns: columns, &random)
      }
      images.append(try Image(rows: rows, columns: columns, pixels: pixels))
    }
    self.images = images
  }

  init(_ images: [Image]) { self.images = images }

  /// The one that is sent as message `number`.
  subscript(number: Int) -> Image { images[number % images.count] }

  /// `ROWSxCOLUMNS` when all have the same.
  package var shape: String? {
    let first = images[0]
    let isSame = images.allSatisfy { $0.rows == first.rows && $0.columns == first.columns }
    return isSame ? "\(first.rows)x\(first.columns)" : nil
  }

  /// Bytes of the largest.
  package var size: Int { images.lazy.map(\.pixels.count).max() ?? 0 }
}

private func fill(_ pixels: Bytes, with random: inout SplitMix64) {
  for start in stride(from: 0, to: pixels.count, by: 8) {
    var word = random.next()
    memcpy(pixels.start + start, &word, min(8, pixels.count - start))
  }
}

/// A plane from one brightness to another: neighbours are equal or nearly so.
private func grade(_ pixels: Bytes, rows: Int, columns: Int, _ random: inout SplitMix64) {
  let from = Float.random(in: 0...100, using: &random)
  let range = Float.random(in: 20...155, using: &random)
  let tilt = Float.random(in: 0...1, using: &random)
  for row in 0..<rows {
    let start = from + range * tilt * Float(row) / Float(rows)
    let step = range * (1 - tilt) / Float(columns)
    for column in 0..<columns {
      pixels.unsigned[row * columns + column] = UInt8(start + step * Float(column))
    }
  }
}
