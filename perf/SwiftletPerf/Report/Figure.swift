// SPDX-License-Identifier: Apache-2.0

/// A plot with what goes with it in a report.
struct Figure {
  let drawing: any Drawing
  /// What the title does not say: in a sentence, or empty.
  var caption = ""
  /// The same in numbers, for those who do not see it.
  let table: Table

  /// A file of its own, for documents.
  var file: String { drawing.svg(width: 640, isTitled: true) }
}

extension Table {
  private static let mostRows = 600

  /// Itself, or its first rows and one that says how many more there are.
  func thinned() -> Table {
    guard rows.count > Self.mostRows + 1 else { return self }
    var table = Table(head: rows[0])
    for row in rows[1...Self.mostRows] { table.add(row) }
    let left = "\(rows.count - 1 - Self.mostRows)".grouped
    table.add(["and \(left) more"] + rows[0].dropFirst().map { _ in "" })
    return table
  }
}
