// SPDX-License-Identifier: Apache-2.0

/// The Prometheus text format 0.0.4.
public enum PrometheusText {
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// One after the other; families of the same name and kind become one, as the format wants, and a family whose
  /// name is taken by another kind is left out.
  public static func render(_ families: [MetricFamily]) -> String {
    var merged: [MetricFamily] = []
    var places: [String: Int] = [:]
    for family in families {
      if let place = places[family.name] {
        if merged[place].kind == family.kind { merged[place].samples += family.samples }
      } else {
        places[family.name] = merged.count
        merged.append(family)
      }
    }
    var text = ""
    for family in merged { write(family, to: &text) }
    return text
  }

  private static func write(_ family: MetricFamily, to text: inout String) {
    let help = escaped(family.help, quotes: false)
    text += "# HELP \(family.name) \(help)\n# TYPE \(family.name) \(family.kind.rawValue)\n"
    // Most lines are buckets of routes, all with the same bounds: those are written once.
    var bounds: [Double] = []
    var buckets: [String] = []
    for sample in family.samples {
      let labels = sample.labels.map { label($0.name, $0.value) }.joined(separator: ",")
      func line(_ suffix: String, _ value: Double, _ extra: String = "") {
        text += family.name
        text += suffix
        if !labels.isEmpty || !extra.isEmpty {
          text += "{"
          text += labels
          if !labels.isEmpty && !extra.isEmpty { text += "," }
          text += extra
          text += "}"
        }
        text += " "
        text += number(value)
        text += "\n"
      }
      switch sample.value {
      case .number(let value): line("", value)
      case .histogram(let histogram):
        if bounds != histogram.bounds {
          bounds = histogram.bounds
          buckets = (bounds + [.infinity]).map { label("le", number($0)) }
        }
        var count: UInt64 = 0
        for (bucket, inside) in zip(buckets, histogram.counts) {
          count &+= inside
          line("_bucket", Double(count), bucket)
        }
        line("_sum", histogram.sum)
        line("_count", Double(count))
      case .summary(let quantiles, let sum, let count):
        for (quantile, value) in quantiles { line("", value, label("quantile", "\(quantile)")) }
        line("_sum", sum)
        line("_count", Double(count))
      }
    }
  }

  private static func label(_ name: String, _ value: String) -> String {
    "\(name)=\"\(escaped(value, quotes: true))\""
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  package static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int64(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  /// `name` with `_` for what a metric's or a label's name must not hold.
  package static func name(_ name: String, isLabel: Bool) -> String {
    var result = ""
    for (index, scalar) in name.unicodeScalars.enumerated() {
      let fits =
        switch scalar {
        case "a"..."z", "A"..."Z", "_": true
        case ":": !isLabel
        case "0"..."9": index > 0
        default: false
        }
      result.unicodeScalars.append(fits ? scalar : "_")
    }
    return result.isEmpty ? "_" : result
  }
}
