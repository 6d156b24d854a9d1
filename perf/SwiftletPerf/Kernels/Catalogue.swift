// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore

extension Kernel {
  /// All kernels. `levels` are the CPU levels to compare, in rising order; the last is the active one.
  static func catalogue(levels: [CPULevel]) -> [Kernel] {
    [20, 1024, 480_000, 7680 * 4320].map { unmask($0, levels: levels) }
      + [1024, 480_000].flatMap { size in
        [
          utf8("ASCII", size, levels: levels) { Texts.ascii(size) },
          utf8("mixed", size, levels: levels) { Texts.mixed(size) },
        ]
      }
      + [256, 1024, 16 * 1024, 480_000].flatMap { size in
        [
          unmaskText("ASCII", size, levels: levels) { Texts.ascii(size) },
          unmaskText("mixed", size, levels: levels) { Texts.mixed(size) },
        ]
      }
      + [
        acceptKey(active: levels[levels.count - 1]),
        openingHandshake(active: levels[levels.count - 1]),
      ]
      + images(UInt8.self, 800, 600, levels) + images(UInt16.self, 800, 600, levels)
      + images(Float.self, 800, 600, levels) + images(UInt8.self, 7680, 4320, levels)
  }

  private static func images<Pixel: ImagePixel>(
    _: Pixel.Type, _ columns: Int, _ rows: Int, _ levels: [CPULevel]
  ) -> [Kernel] {
    Texture.allCases.flatMap { texture in
      ImageValue.allCases.map { image($0, Pixel.self, columns, rows, texture, levels: levels) }
    }
  }
}
