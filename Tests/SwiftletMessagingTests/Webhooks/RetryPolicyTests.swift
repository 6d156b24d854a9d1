// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct RetryPolicyTests {
  private static func delays(_ own: Value = [:], queue: Value = [:]) -> [Int64] {
    guard case .map(let own) = own, case .map(let queue) = queue else { return [] }
    return RetryPolicy(subscription: own, queue: queue).delays
  }

  private static func policy(_ function: Value, _ minimum: Value, _ maximum: Value) -> Value {
    [
      "_retry_policy": [
        "retries_with_no_delay": 0, "minimum_delay_retries": 0, "maximum_delay_retries": 0,
        "minimum_delay": minimum, "maximum_delay": maximum, "retry_backoff_function": function,
      ]
    ]
  }

  @Test func defaultsAreThoseOfTheWire() {
    #expect(Self.delays() == [0, 0, 0, 5, 5, 5, 5, 11, 18, 24, 30, 30, 30, 30])
  }

  @Test(arguments: [
    ("linear", [10, 16, 22, 28, 34, 40]), ("arithmetic", [10, 12, 16, 22, 30, 40]),
    ("geometric", [10, 13, 17, 23, 30, 40]), ("exponential", [10, 20, 40, 40, 40, 40]),
  ])
  func delaysGrow(function: String, delays: [Int64]) {
    #expect(Self.delays(Self.policy(.string(function), 10, 40)) == delays)
  }

  @Test func eachKindIsTriedAsOftenAsItIsTold() {
    let policy: Value = [
      "_retry_policy": [
        "retries_with_no_delay": 2, "minimum_delay_retries": 1, "minimum_delay": 7,
        "maximum_delay": 17, "maximum_delay_retries": 2,
      ]
    ]
    #expect(Self.delays(policy) == [0, 0, 7, 7, 17, 17, 17])
  }

  @Test func subscriptionComesBeforeItsQueueUnlessThatIsIgnored() {
    let own = Self.policy("linear", 1, 11)
    let general = Self.policy("linear", 2, 12)
    #expect(Self.delays(own, queue: general) == [1, 11])
    #expect(Self.delays(["_retry_policy": [:]], queue: general) == [2, 12])
    #expect(Self.delays(["_retry_policy": nil], queue: general) == [2, 12])
    guard case .map(var policy)? = general["_retry_policy"] else { return }
    policy.set("ignore_subscription_override", true)
    #expect(Self.delays(own, queue: ["_retry_policy": .map(policy)]) == [2, 12])
  }

  @Test func absurdPoliciesAreBounded() {
    let policy: Value = [
      "_retry_policy": [
        "retries_with_no_delay": .int(.max), "minimum_delay_retries": -5,
        "minimum_delay": .int(.min), "maximum_delay": .int(.max),
        "maximum_delay_retries": .uint(.max),
      ]
    ]
    let delays = Self.delays(policy)
    #expect(delays.count == 300)
    #expect(delays.allSatisfy { 0...RetryPolicy.maxDelay ~= $0 })
  }
}
