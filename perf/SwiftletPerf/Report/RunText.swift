// SPDX-License-Identifier: Apache-2.0

/// The names that results use, for people.
extension Run {
  /// The times of messages; all others are those of phases of connecting and closing.
  static let loadTimes = ["response", "late", "delivery", "service", "lag"]

  /// Those that the run is about: the response times, where it has them.
  var mainTimes: (name: String, times: Times)? {
    let others = times.keys.filter { !["connect", "tls", "upgrade", "close", "lag"].contains($0) }
    let name = times["response"] == nil ? others.sorted().first : "response"
    guard let name, let main = times[name], main.count > 0 else { return nil }
    return (name, main)
  }

  func label(ofTimes name: String) -> String {
    switch name {
    case "lag": "schedule lag"
    case "late": "after the end"
    case "tls": "TLS"
    case "response" where load?.pattern == "fanout": "last delivery"
    default: name.inWords
    }
  }

  /// A figure's name and value.
  static func described(_ name: String, _ value: Double) -> (label: String, value: String) {
    switch name {
    case "rate": return ("rate", Unit.rate.text(value))
    case "deliveries": return ("deliveries", Unit.rate.text(value))
    case "achieved": return ("achieved of the offered rate", Unit.share.text(value))
    case "littlesLaw": return ("Little's law", Unit.count("").text(value))
    case "unsent": return ("due and never sent", Unit.count("").text(value))
    case "late": return ("replies after the end", Unit.count("").text(value))
    default: break
    }
    let units: [(suffix: String, unit: Unit, factor: Double)] = [
      ("Nanoseconds", .time, 1), ("Seconds", .time, 1e9), ("Bytes", .bytes, 1),
      ("PerSecond", .rate, 1), ("Rate", .rate, 1), ("Share", .share, 1),
    ]
    for (suffix, unit, factor) in units where name.hasSuffix(suffix) && name != suffix {
      let label = suffix == "Rate" ? name : String(name.dropLast(suffix.count))
      return (label.inWords, unit.text(value * factor))
    }
    return (name.inWords, Unit.count("").text(value))
  }

  /// What was asked of the server.
  var summary: String? {
    guard let load else { return nil }
    let connections = load.allConnections
    let threads = load.threads > 1 ? " of \(load.threads) threads" : ""
    let depth = load.depth > 0 ? "\(load.depth)" : "any number"
    var arrivals =
      load.rate.map {
        "\(Unit.rate.text($0)) at \(load.arrivals) times, \(load.depth > 0 ? "at most " : "")\(depth) in flight"
      } ?? "\(depth) in flight"
    switch load.pattern {
    case "fanout": arrivals = "one sends to all others, \(arrivals)"
    case "push": arrivals = "the server sends"
    default: arrivals += " on each"
    }
    return
      "\(load.url): \("\(connections)".grouped) \(connections == 1 ? "connection" : "connections")\(threads), \(arrivals), "
      + "\("\(load.size)".grouped) B \(load.format)"
  }

  var isClientSaturated: Bool { verdict?.hasPrefix("client saturated") == true }
}

extension Run.Load {
  /// Of all threads.
  var allConnections: Int {
    let (product, isTooLarge) = connections.multipliedReportingOverflow(by: threads)
    return isTooLarge ? .max : product
  }
}

extension String {
  /// "firstByte" as "first byte".
  fileprivate var inWords: String {
    map { $0.isUppercase ? " \($0.lowercased())" : "\($0)" }.joined()
  }
}
