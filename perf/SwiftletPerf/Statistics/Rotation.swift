// SPDX-License-Identifier: Apache-2.0

/// In which order subjects take their turns, round by round: A B, B A, A B ... for two. For more, the rows of a
/// Williams square ("Experimental designs balanced for the estimation of residual effects of treatments",
/// 1949): after all rows each has had each place equally often and has followed each other one equally often, so
/// that neither a drift of the machine nor what a subject leaves behind favours one.
package struct Rotation {
  private let rows: [[Int]]

  /// - Precondition: `count` is at least 1.
  package init(of count: Int) {
    // 0, 1, n-1, 2, n-2 ...: neighbours differ by each number once.
    let first = (0..<count).map { $0 % 2 == 1 ? ($0 + 1) / 2 : (count - $0 / 2) % count }
    let square = (0..<count).map { shift in first.map { ($0 + shift) % count } }
    // An odd number of subjects needs the mirror image as well; two are mirrored by their two rows.
    rows =
      count % 2 == 0
      ? square : square.flatMap { [$0, $0.reversed()] }
  }

  package subscript(round: Int) -> [Int] { rows[round % rows.count] }
}
