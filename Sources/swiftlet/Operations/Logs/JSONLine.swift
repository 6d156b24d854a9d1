// SPDX-License-Identifier: Apache-2.0

import Logging

extension LogRecord {
  private static let ownKeys: Set<String> = ["time", "level", "logger", "message"]

  /// One JSON object: `time`, `level`, `logger`, `message`, and the metadata beside them; a key that is one of these
  /// gets a `_` behind it.
  var jsonLine: String {
    var line = "{\"time\":\"\(timestamp)\",\"level\":\"\(level.rawValue)\",\"logger\":"
    write(label, to: &line)
    line += ",\"message\":"
    write(message, to: &line)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      line += ","
      write(LogRecord.ownKeys.contains(key) ? key + "_" : key, to: &line)
      line += ":"
      write(value, to: &line)
    }
    return line + "}\n"
  }

  private func write(_ value: Logger.MetadataValue, to line: inout String) {
    switch value {
    case .string(let text): write(text, to: &line)
    case .stringConvertible(let value):
      switch value {
      case let number as any FixedWidthInteger: line += "\(number)"
      case let truth as Bool: line += "\(truth)"
      case let number as Double where number.isFinite: line += "\(number)"
      default: write("\(value)", to: &line)
      }
    case .array(let values):
      line += "["
      for (index, value) in values.enumerated() {
        if index > 0 { line += "," }
        write(value, to: &line)
      }
      line += "]"
    case .dictionary(let values):
      line += "{"
      for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { line += "," }
        write(key, to: &line)
        line += ":"
        write(value, to: &line)
      }
      line += "}"
    }
  }

  /// With escapes also where JSON needs none but a terminal or a reader of lines may.
  private func write(_ text: String, to line: inout String) {
    line += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": line += "\\\""
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      default:
        if scalar.isHarmless {
          line.unicodeScalars.append(scalar)
        } else {
          for unit in UTF16.encode(scalar)! {
            let digits = String(unit, radix: 16)
            line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          }
        }
      }
    }
    line += "\""
  }
}
