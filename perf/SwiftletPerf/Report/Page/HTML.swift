// SPDX-License-Identifier: Apache-2.0

/// Parts of a page. Text is escaped here.
enum HTML {
  static func list(_ sentences: [String]) -> String {
    guard sentences.count != 1 else { return "<p>\(escaped(sentences[0]))</p>" }
    return "<ul>" + sentences.map { "<li>\(escaped($0))</li>" }.joined() + "</ul>"
  }

  /// What must not be overlooked.
  static func notes(_ sentences: [String]) -> String {
    sentences.isEmpty ? "" : "<div class=\"note\">\(list(sentences))</div>\n"
  }

  /// Wide ones are scrolled by themselves, by keyboard too.
  static func table(_ table: Table, label: String) -> String {
    let head = table.rows[0].map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
    let body = table.rows.dropFirst().map { row in
      let cells = row.dropFirst().map { "<td>\(escaped($0))</td>" }.joined()
      return "<tr><th scope=\"row\">\(escaped(row[0]))</th>\(cells)</tr>\n"
    }
    return """
      <div class="table" role="region" tabindex="0" aria-label="\(escaped(label))"><table>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body.joined())</tbody>
      </table></div>

      """
  }

  static func figures(_ figures: [Figure]) -> String {
    figures.isEmpty
      ? "" : "<div class=\"plots\">\n\(figures.map(figure).joined())</div>\n"
  }

  /// Drawn twice, since the letters of a plot that is scaled down to a phone could not be read.
  private static func figure(_ figure: Figure) -> String {
    let drawing = figure.drawing
    let caption = figure.caption.isEmpty ? "" : "<p>\(escaped(figure.caption))</p>"
    return """
      <figure>
      <figcaption><h3>\(escaped(drawing.title))</h3>\(caption)</figcaption>
      <div class="wide">\(drawing.svg(width: 560, isTitled: false))</div>
      <div class="narrow">\(drawing.svg(width: 328, isTitled: false))</div>
      <details><summary>In numbers</summary>
      \(table(figure.table, label: drawing.title))</details>
      </figure>

      """
  }
}
