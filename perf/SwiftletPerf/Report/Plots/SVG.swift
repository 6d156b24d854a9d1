// SPDX-License-Identifier: Apache-2.0

/// What all plots are drawn with: elements of SVG as text.
enum SVG {
  /// A plot as a document of its own or as an element of a page, where `label` is read aloud in its place.
  static func document(_ body: String, width: Double, height: Double, label: String) -> String {
    let (width, height) = (number(width), number(height))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="\(escaped(label))" \
      font-family="system-ui, sans-serif" font-size="12" fill="\(Palette.text)">
      \(body)</svg>

      """
  }

  enum Anchor: String { case start, middle, end }

  static func text(
    _ string: String, x: Double, y: Double, _ anchor: Anchor = .start, style: String = ""
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\"\(style)>"
      + "\(escaped(string))</text>\n"
  }

  static func title(_ string: String, x: Double, y: Double, width: Double) -> String {
    let shown = shortened(string, to: width / 1.25)
    return text(shown, x: x, y: y, style: " font-size=\"14\" font-weight=\"bold\"")
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String)
    -> String
  {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
      + "\(style)/>\n"
  }

  static func number(_ value: Double) -> String {
    let text = value.rounded(toPlaces: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// About as wide as the text in the fonts of screens, in 12 px: there is nobody to ask for the true width.
  static func width(of text: String) -> Double { 7.6 * Double(text.count) }

  /// The text, or as much of it as there is room for.
  static func shortened(_ text: String, to width: Double) -> String {
    let room = max(1, Int(width / 7.6))
    return text.count <= room ? text : text.prefix(room - 1) + "…"
  }
}

/// Text as it stands in elements and in attributes of HTML and XML, whatever it holds: what XML has no way
/// to write becomes U+FFFD.
func escaped(_ string: String) -> String {
  var text = ""
  for scalar in string.unicodeScalars {
    switch scalar {
    case "&": text += "&amp;"
    case "<": text += "&lt;"
    case ">": text += "&gt;"
    case "\"": text += "&quot;"
    case "\t", "\n", "\r": text.unicodeScalars.append(scalar)
    case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}
