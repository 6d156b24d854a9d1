// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

extension Encodable {
  /// As result files hold it: indented, names in order, so that two runs can be compared line by line.
  var jsonText: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}
