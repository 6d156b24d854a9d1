// SPDX-License-Identifier: Apache-2.0

/// A histogram on its way from one process to another: nothing is lost, nor are the shortest and the longest time,
/// which the encoded form has within its resolution only.
struct LosslessTimes: Codable, Sendable {
  private enum Keys: CodingKey { case hdr, min, max }

  let histogram: Latencies

  init(_ histogram: Latencies) { self.histogram = histogram }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    guard let rough = Latencies(encoded: try container.decode(String.self, forKey: .hdr)) else {
      throw DecodingError.dataCorruptedError(
        forKey: .hdr, in: container, debugDescription: "no histogram")
    }
    let least = try container.decode(UInt64.self, forKey: .min)
    let most = try container.decode(UInt64.self, forKey: .max)
    var histogram = Latencies()
    for step in rough.recordedValues() {
      let isFirst = histogram.totalCount == 0
      if isFirst { histogram.note(least) }
      let rest = step.count - (isFirst ? 1 : 0)
      if rest > 0 { _ = histogram.record(Swift.min(step.value, most), count: rest) }
    }
    self.histogram = histogram
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(histogram.encoded, forKey: .hdr)
    try container.encode(histogram.min, forKey: .min)
    try container.encode(histogram.valueAtPercentile(100), forKey: .max)
  }
}
