// SPDX-License-Identifier: Apache-2.0

/// Rows of text in aligned columns: the first two to the left, numbers to the right.
struct Table {
  /// The head is the first.
  private(set) var rows: [[String]]

  init(head: [String]) { rows = [head] }

  /// `row` has as many cells as the head.
  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column < 2 ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}
