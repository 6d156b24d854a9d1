// SPDX-License-Identifier: Apache-2.0

/// Colours that stand out from light and from dark paper alike, 3 to 1 at least, since a plot in a document
/// does not know what it lies on. Lines are told apart by their dashes too, points by their size.
enum Palette {
  static let text = "#757a80"
  static let grid = "#80889040"
  static let better = "#12866a"
  static let worse = "#d2602a"

  struct Style: Sendable {
    let color: String
    /// As `stroke-dasharray` has it; a full line where it is empty.
    let dashes: String

    var stroke: String {
      "stroke=\"\(color)\"" + (dashes.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\"")
    }
  }

  /// Blue, orange, green, purple ... in an order in which neighbours differ in lightness as well, for those
  /// who see few colours.
  static let styles = [
    Style(color: "#2f74c8", dashes: ""), Style(color: "#d2602a", dashes: "7 3"),
    Style(color: "#12866a", dashes: "2 3"), Style(color: "#b0569c", dashes: "9 3 2 3"),
    Style(color: "#8f7a10", dashes: "12 3"), Style(color: "#8a6cd8", dashes: "4 2"),
    Style(color: "#c24a5a", dashes: "9 3 2 3 2 3"), Style(color: "#5f7f94", dashes: "1 2"),
  ]

  static func style(_ index: Int) -> Style { styles[index % styles.count] }
}
