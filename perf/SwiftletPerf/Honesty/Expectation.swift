// SPDX-License-Identifier: Apache-2.0

internal import SwiftletCore

/// What a run must come up to, as `--expect` writes it: `p99<5ms`, `service.p99.9<=20ms`, `max<1s`,
/// `rate>=10000`, `loss=0`, `faults=0`.
package struct Expectation: Sendable, CustomStringConvertible {
  private enum Quantity: Hashable {
    /// A percentile of the response times or of others: up to 100, which is the longest.
    case time(String, percentile: Double)
    case rate
    case deliveries
    case loss
    case faults
  }

  private enum Relation: String, CaseIterable {
    // The longer ones first, since the shorter ones begin like them.
    case atMost = "<="
    case atLeast = ">="
    case below = "<"
    case above = ">"
    case equal = "="
  }

  package let description: String
  private let quantity: Quantity
  private let relation: Relation
  /// Nanoseconds, where it is a time.
  private let bound: Double

  package static let form = "p99<5ms, service.p99.9<=20ms, max<1s, rate>=10000, loss=0 or faults=0"

  /// nil when `text` is not of that form.
  package init?(_ text: String) {
    guard let relation = Relation.allCases.first(where: { text.contains($0.rawValue) }),
      let range = text.firstRange(of: relation.rawValue),
      let quantity = Self.quantity(text[..<range.lowerBound])
    else { return nil }
    let written = String(text[range.upperBound...])
    let bound: Double?
    switch quantity {
    case .time: bound = Duration(written: written).map { $0 / .nanoseconds(1) }
    case .rate, .deliveries, .loss, .faults: bound = Double(written)
    }
    guard let bound else { return nil }
    description = text
    self.quantity = quantity
    self.relation = relation
    self.bound = bound
  }

  private static func quantity(_ text: Substring) -> Quantity? {
    switch text {
    case "rate": return .rate
    case "deliveries": return .deliveries
    case "loss": return .loss
    case "faults": return .faults
    default: break
    }
    var name = "response"
    var rest = text
    for prefix in ["connect", "upgrade", "response", "service", "delivery", "lag", "close"]
    where text.hasPrefix(prefix + ".") {
      name = prefix
      rest = text.dropFirst(prefix.count + 1)
    }
    if rest == "max" { return .time(name, percentile: 100) }
    guard rest.first == "p", let percentile = Double(rest.dropFirst()), (0...100) ~= percentile
    else {
      return nil
    }
    return .time(name, percentile: percentile)
  }

  package func isMet(by outcome: LoadOutcome) -> Bool {
    let value: Double
    switch quantity {
    case .time(let name, let percentile):
      // Nothing that was measured meets nothing.
      guard let times = outcome.times[name], times.totalCount > 0 else { return false }
      value = Double(times.valueAtPercentile(percentile))
    case .rate: value = outcome.rate
    case .deliveries: value = outcome.deliveryRate
    case .loss: value = Double(outcome.tally.faults.lost)
    case .faults: value = Double(outcome.tally.faults.sum)
    }
    switch relation {
    case .atMost: return value <= bound
    case .atLeast: return value >= bound
    case .below: return value < bound
    case .above: return value > bound
    case .equal: return value == bound
    }
  }
}
