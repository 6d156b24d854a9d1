// SPDX-License-Identifier: Apache-2.0

@testable import SwiftletMessaging

/// Something to do to a store. What it is done to is chosen by number among what there is then, so that
/// a sequence still makes sense when some of it is left out.
enum Operation: Sendable {
  case advance(milliseconds: Int64)
  case createQueue(Int, DeadLetterRule?)
  case updateQueue(Int, DeadLetterRule?)
  case deleteQueue(Int)
  case listQueues(after: Int?, limit: Int)
  case statistics(Int)
  case purge(Int, messages: Bool, subscriptions: Bool)
  case post(Int, count: Int, ttl: Int64?, client: Int)
  case list(Int, marker: Int?, limit: Int, notFrom: Int?, includesClaimed: Bool)
  case get([Int], queue: Int)
  case delete(Int, queue: Int, claim: Int?)
  case deleteMany([Int], queue: Int)
  case pop(Int, limit: Int)
  case claim(Int, ttl: Int64, grace: Int64, limit: Int)
  case getClaim(Int, queue: Int)
  case updateClaim(Int, queue: Int, ttl: Int64, grace: Int64)
  case deleteClaim(Int, queue: Int)
  case subscribe(Int, subscriber: Int, ttl: Int64)
  case updateSubscription(Int, queue: Int, ttl: Int64?)
  case listSubscriptions(Int, marker: Int?, limit: Int?)
  case deleteSubscription(Int, queue: Int)
  case deleteSubscriptions(prefix: Int)
  case reopen

  struct DeadLetterRule: Sendable {
    var count: Int
    var queue: Int
    var ttl: Int64?
  }

  static let queues = [
    QueueKey.q, .other, .foreign, QueueKey(project: "p", name: "dead"),
  ]
  static let clients = [Identifier.alice, .bob]
  static let subscribers = ["ws-connection:1", "ws-connection:12", "http://h/", "mailto:a@b"]
  static let prefixes = ["ws-connection:", "ws-connection:1", "http://h/", "nobody"]

  static func random(by random: inout some RandomNumberGenerator) -> Operation {
    func pick<Item>(_ items: Item...) -> Item { items.randomElement(using: &random)! }
    func number() -> Int { .random(in: 0..<1_000_000, using: &random) }
    /// Two thirds of all is done to the first queue, so that it becomes large.
    func queue() -> Int { pick(0, 0, 0, 0, 1, 2, 3) }
    func rule() -> DeadLetterRule? {
      pick(nil, DeadLetterRule(count: pick(1, 2), queue: pick(0, 1, 3), ttl: pick(nil, 60, 600)))
    }
    func ttl() -> Int64 { pick(60, 60, 61, 90, 300, 300, 3600) }
    let limit = pick(1, 2, 7, 20)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<12:
      return .advance(milliseconds: pick(0, 1, 499, 1000, 10_000, 30_000, 60_000, 61_000, 300_000))
    case 12..<14: return .createQueue(queue(), rule())
    case 14..<16: return .updateQueue(queue(), rule())
    case 16: return .deleteQueue(queue())
    case 17..<19: return .listQueues(after: pick(nil, number()), limit: limit)
    case 19..<25: return .statistics(queue())
    case 25: return .purge(queue(), messages: pick(true, false), subscriptions: pick(true, false))
    case 26..<44:
      return .post(
        queue(), count: pick(1, 1, 1, 5, 70, 300), ttl: pick(nil, ttl(), ttl()), client: number())
    case 44..<56:
      return .list(
        queue(), marker: pick(nil, number(), number()), limit: limit,
        notFrom: pick(nil, number()), includesClaimed: pick(true, false))
    case 56..<59: return .get([number(), number(), number()], queue: queue())
    case 59..<65: return .delete(number(), queue: queue(), claim: pick(nil, nil, number(), -1))
    case 65..<68: return .deleteMany((0..<20).map { _ in number() }, queue: queue())
    case 68..<73: return .pop(queue(), limit: limit)
    case 73..<81: return .claim(queue(), ttl: ttl(), grace: pick(60, 100), limit: limit)
    case 81..<84: return .getClaim(number(), queue: queue())
    case 84..<87:
      return .updateClaim(number(), queue: queue(), ttl: ttl(), grace: pick(0, 60, 1000))
    case 87..<90: return .deleteClaim(number(), queue: queue())
    case 90..<93: return .subscribe(queue(), subscriber: number(), ttl: ttl())
    case 93: return .updateSubscription(number(), queue: queue(), ttl: pick(nil, ttl()))
    case 94..<97:
      return .listSubscriptions(queue(), marker: pick(nil, number()), limit: pick(nil, 1, 2))
    case 97: return .deleteSubscription(number(), queue: queue())
    case 98: return .reopen
    default: return .deleteSubscriptions(prefix: number())
    }
  }
}

/// The generator of Steele, Lea and Flood (SplitMix, 2014): the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}
