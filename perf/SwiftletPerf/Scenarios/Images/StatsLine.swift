// SPDX-License-Identifier: Apache-2.0

package import SwiftletCore

/// The text that a statistics server answers with: `Received: 480000`, and where it has computed
/// `Received: 480000, (600, 800), 254, 0, 127.01, 127.0`, which is max, min, mean and median.
package struct StatsLine {
  private let bytes: Int
  /// As they are written, in that order; none for an acknowledgement.
  private let values: [Substring]
  private let shape: [Int]

  /// nil when `text` is not of that form.
  package init?(_ text: String) {
    guard text.hasPrefix("Received: ") else { return nil }
    let rest = text.dropFirst(10)
    guard let shapeStart = rest.firstRange(of: ", (") else {
      guard let bytes = Int(rest) else { return nil }
      self.bytes = bytes
      values = []
      shape = []
      return
    }
    guard let shapeEnd = rest.firstRange(of: "), "), shapeStart.upperBound <= shapeEnd.lowerBound,
      let bytes = Int(rest[..<shapeStart.lowerBound])
    else { return nil }
    self.bytes = bytes
    let sides = rest[shapeStart.upperBound..<shapeEnd.lowerBound].split(separator: ",")
    shape = sides.compactMap { Int($0.trimmingPrefix(" ")) }
    values = rest[shapeEnd.upperBound...].split(separator: ",").map { $0.trimmingPrefix(" ") }
    guard shape.count == sides.count, values.count == 4 else { return nil }
  }

  package func acknowledges(_ bytes: Int) -> Bool { values.isEmpty && self.bytes == bytes }

  /// Whether it is what the C core says of an image of that many bytes, a byte a pixel. Only the mean may
  /// have been rounded, to two places or more.
  package func agrees(with statistics: ImageStatistics, bytes: Int) -> Bool {
    guard self.bytes == bytes, values.count == 4, isShape(of: bytes) else { return false }
    return Double(values[0]) == statistics.max && Double(values[1]) == statistics.min
      && isMean(values[2], statistics.mean) && Double(values[3]) == statistics.median
  }

  private func isShape(of count: Int) -> Bool {
    var product = 1
    for side in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: side)
      guard !overflow else { return false }
      product = next
    }
    return product == count
  }

  private func isMean(_ written: Substring, _ mean: Double) -> Bool {
    guard let value = Double(written) else { return false }
    let places = written.firstIndex(of: ".").map { written[$0...].count - 1 } ?? 0
    var unit = 0.01
    for _ in 2..<max(2, min(places, 12)) { unit /= 10 }
    return abs(value - mean) <= unit / 2 + 1e-9
  }
}
