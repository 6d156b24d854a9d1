// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

extension ImageSet {
  /// The images of a folder in the order of their names: `.pgm` files (binary, 8 bit) and `.raw` ones, which
  /// hold nothing but the pixels of an image with this shape. Throws a sentence for people.
  package init(folder: String, rows: Int, columns: Int) throws {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw ImageFileError("the folder \(folder) cannot be read")
    }
    var images: [Image] = []
    for name in names where name.hasSuffix(".pgm") || name.hasSuffix(".raw") {
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
        throw ImageFileError("\(folder)/\(name) cannot be read")
      }
      let bytes = [UInt8](data)
      let raster: Graymap
      if name.hasSuffix(".pgm") {
        guard let graymap = Graymap(bytes) else {
          throw ImageFileError("\(folder)/\(name) is no PGM file of the form P5 with 8 bits")
        }
        raster = graymap
      } else {
        raster = Graymap(rows: rows, columns: columns, pixels: bytes[...])
      }
      guard raster.rows * raster.columns == raster.pixels.count, !raster.pixels.isEmpty else {
        throw ImageFileError(
          "\(folder)/\(name) has \(raster.pixels.count) bytes of pixels, not "
            + "\(raster.rows) x \(raster.columns)")
      }
      let pixels = Bytes(count: raster.pixels.count)
      pixels.mutable.copyBytes(from: raster.pixels)
      images.append(try Image(rows: raster.rows, columns: raster.columns, pixels: pixels))
    }
    guard !images.isEmpty else {
      throw ImageFileError("the folder \(folder) has neither .pgm nor .raw files")
    }
    self.init(images)
  }
}

/// Why images cannot be read.
package struct ImageFileError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// A portable graymap, in its binary form with a byte a pixel (netpbm, pgm(5)).
struct Graymap {
  let rows: Int
  let columns: Int
  let pixels: ArraySlice<UInt8>

  init(rows: Int, columns: Int, pixels: ArraySlice<UInt8>) {
    self.rows = rows
    self.columns = columns
    self.pixels = pixels
  }

  /// nil when it is none.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    guard rest.starts(with: "P5".utf8) else { return nil }
    rest = rest.dropFirst(2)
    guard let columns = Self.number(&rest), let rows = Self.number(&rest),
      let greatest = Self.number(&rest), (1...255) ~= greatest, let end = rest.first,
      Self.isBlank(end)
    else { return nil }
    self.init(rows: rows, columns: columns, pixels: rest.dropFirst())
  }

  /// Skips blanks and comments.
  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
    while let byte = rest.first, isBlank(byte) || byte == UInt8(ascii: "#") {
      if byte == UInt8(ascii: "#") {
        rest = rest.drop { $0 != UInt8(ascii: "\n") }
      } else {
        rest = rest.dropFirst()
      }
    }
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest[digits.endIndex...]
    // No image has more than a thousand million rows or columns, so that products fit.
    return digits.count < 10 ? Int(String(decoding: digits, as: UTF8.self)) : nil
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d) ~= byte }
}
