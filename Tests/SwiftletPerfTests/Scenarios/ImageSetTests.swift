// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SwiftletCore
import Testing

@testable import SwiftletPerf

@Suite struct ImageSetTests {
  @Test func seedDecidesTheImages() throws {
    let one = try ImageSet(rows: 30, columns: 41, count: 5, seed: 1)
    let same = try ImageSet(rows: 30, columns: 41, count: 5, seed: 1)
    let other = try ImageSet(rows: 30, columns: 41, count: 5, seed: 2)
    #expect(one.images.map(\.pixels.array) == same.images.map(\.pixels.array))
    #expect(one.images.map(\.pixels.array) != other.images.map(\.pixels.array))
    #expect(one.shape == "30x41" && one.size == 30 * 41)
  }

  /// Else the result of one would pass for that of another.
  @Test func allDiffer() throws {
    let set = try ImageSet(rows: 60, columns: 80, count: 1000, seed: 3)
    #expect(set.images.count == ImageSet.made)
    #expect(Set(set.images.map(\.statistics)).count == ImageSet.made)
  }

  @Test func numbersBeginAnew() throws {
    let set = try ImageSet(rows: 2, columns: 2, count: 3, seed: 1)
    #expect(set[4].pixels.array == set[1].pixels.array)
  }

  @Test(arguments: ["P5 3 2 255\n", "P5\n# made by hand\n3\t2\n255 ", "P5 3 # wide\n 2 1 "])
  func graymaps(head: String) throws {
    let graymap = try #require(Graymap(Array(head.utf8) + [1, 2, 3, 4, 5, 6]))
    #expect(
      graymap.rows == 2 && graymap.columns == 3 && Array(graymap.pixels) == [1, 2, 3, 4, 5, 6])
  }

  @Test(arguments: ["P2 3 2 255\n", "P5 3 2 65535\n", "P5 3 2", "P5 3 -2 255 ", "P5 3 2 255#", ""])
  func whatIsNoGraymap(head: String) { #expect(Graymap(Array(head.utf8)) == nil) }

  @Test func folders() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func write(_ name: String, _ bytes: [UInt8]) throws {
      try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
    }
    #expect(throws: ImageFileError.self) { try ImageSet(folder: folder, rows: 1, columns: 2) }
    try write("b.raw", [7, 9])
    try write("a.pgm", Array("P5 1 3 255\n".utf8) + [1, 2, 6])
    try write("notes.txt", [1])
    let set = try ImageSet(folder: folder, rows: 1, columns: 2)
    #expect(set.images.map(\.statistics.mean) == [3, 8])
    #expect(set.shape == nil && set.size == 3)
    try write("c.raw", [7])
    #expect(throws: ImageFileError.self) { try ImageSet(folder: folder, rows: 1, columns: 2) }
  }
}
