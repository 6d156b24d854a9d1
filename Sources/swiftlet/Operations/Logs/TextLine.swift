// SPDX-License-Identifier: Apache-2.0

import Logging

extension LogRecord {
  /// `TIME LEVEL LABEL: MESSAGE KEY=VALUE ...`, on one line whatever the parts hold.
  var textLine: String {
    var line = "\(timestamp) \(level.rawValue) \(label.harmless): \(message.harmless)"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      let text = "\(value)"
      let isPlain =
        !text.isEmpty
        && text.unicodeScalars.allSatisfy { $0.isHarmless && !" \"=\\".unicodeScalars.contains($0) }
      line += " \(key.harmless)=\(isPlain ? text : text.quoted)"
    }
    return line + "\n"
  }
}

extension String {
  /// With escapes for what would end a line, change a terminal, or reverse what is read.
  fileprivate var harmless: String {
    if unicodeScalars.allSatisfy(\.isHarmless) { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.isHarmless {
          result.unicodeScalars.append(scalar)
        } else {
          result += "\\u{\(String(scalar.value, radix: 16))}"
        }
      }
    }
    return result
  }

  fileprivate var quoted: String {
    let escaped = replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(escaped.harmless)\""
  }
}

extension Unicode.Scalar {
  /// Whether it shows as what it is: no control, line separator or mark of direction.
  var isHarmless: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    default: true
    }
  }
}
