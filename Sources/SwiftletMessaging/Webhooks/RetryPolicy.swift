// SPDX-License-Identifier: Apache-2.0

import Glibc

/// When a post that failed is tried again: at once, then at the shortest delay, then at growing delays,
/// then at the longest one; each so and so often.
struct RetryPolicy: Sendable, Hashable {
  /// Seconds before each retry.
  let delays: [Int64]

  /// The most retries of each of the four kinds, whatever a policy says.
  static let maxRetries: Int64 = 100
  /// The longest delay in seconds, whatever a policy says.
  static let maxDelay: Int64 = 86400
  /// Seconds from one growing delay to the next, on average.
  private static let step: Int64 = 5

  /// - Parameters:
  ///   - subscription: The subscription's options.
  ///   - queue: The queue's metadata.
  init(subscription: Value.Map, queue: Value.Map) {
    let general = queue.retryPolicy
    var policy = general
    if let own = subscription.retryPolicy,
      general?["ignore_subscription_override"] != .bool(true)
    {
      policy = own
    }
    func number(_ key: String, or value: Int64) -> Int64 { policy?[key]?.integer ?? value }
    func retries(_ key: String) -> Int {
      Int(min(max(number(key, or: 3), 0), RetryPolicy.maxRetries))
    }
    let shortest = min(max(number("minimum_delay", or: 5), 0), RetryPolicy.maxDelay)
    let longest = min(max(number("maximum_delay", or: 30), shortest), RetryPolicy.maxDelay)
    delays =
      Array(repeating: 0, count: retries("retries_with_no_delay"))
      + Array(repeating: shortest, count: retries("minimum_delay_retries"))
      + RetryPolicy.growing(policy?["retry_backoff_function"], from: shortest, to: longest)
      + Array(repeating: longest, count: retries("maximum_delay_retries"))
  }

  /// The delays between the shortest and the longest one: as many as there are steps of five seconds
  /// between them.
  private static func growing(
    _ function: Value?, from shortest: Int64, to longest: Int64
  ) -> [Int64] {
    let count = min((longest - shortest) / step, maxRetries)
    guard count > 1 else { return [] }
    let last = Double(count - 1)
    let (low, high) = (Double(shortest), Double(longest))
    return (0..<count).map { index in
      let place = Double(index)
      let delay =
        switch function {
        // By steps that grow evenly.
        case .string("arithmetic"): low + (high - low) * place * (place + 1) / (last * (last + 1))
        // By a factor that leads to the longest delay.
        case .string("geometric"): max(low, 1) * pow(high / max(low, 1), place / last)
        // Twice the last one.
        case .string("exponential"): min(max(low, 1) * pow(2, place), high)
        default: low + (high - low) * place / last
        }
      return Int64(delay.rounded())
    }
  }
}

extension Value.Map {
  /// One that says anything.
  fileprivate var retryPolicy: Value.Map? {
    if case .map(let policy)? = self["_retry_policy"], !policy.isEmpty { policy } else { nil }
  }
}
