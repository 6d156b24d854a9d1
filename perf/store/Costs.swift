// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

/// What was done to a queue before the clock starts.
enum Wear: String, CaseIterable {
  case none = "as it was filled"
  case claimed = "of which the first half is claimed"
  case deleted = "of which the first half was deleted but for every hundredth"
  case popped = "of which the first half was popped"

  /// Posts `size` messages and wears them; returns ids that are left.
  func fill(_ bench: Bench, _ size: Int) -> [Identifier] {
    let ids = (0..<size / 100).flatMap { _ in bench.post(100) }
    switch self {
    case .none: return ids
    case .claimed: for _ in 0..<size / 40 { bench.claim(20) }
    case .deleted: for index in 0..<size / 2 where index % 100 != 0 { bench.delete(ids[index]) }
    case .popped: for _ in 0..<size / 40 { bench.pop(20) }
    }
    return Array(ids[(size / 2)...])
  }
}

/// What one operation cost, a number a batch of calls.
struct Costs {
  let name: String
  private var samples: [Int] = []

  var median: Int { samples.sorted()[samples.count / 2] }

  private init(_ name: String) { self.name = name }

  /// All operations on queues of a size: each round makes one, and times so many batches of each.
  static func measure(
    _ bench: Bench, size: Int, rounds: Int, batches: Int, _ wear: Wear
  ) -> [Costs] {
    var costs: [Costs] = []
    for _ in 0..<rounds {
      bench.reset()
      var ids = wear.fill(bench, size)
      for (index, operation) in operations(bench).enumerated() {
        if index == costs.count { costs.append(Costs(operation.name)) }
        for _ in 0..<batches {
          // Ids from all over the queue, each once.
          let start = ids.count - Main.batch
          for place in start..<ids.count { ids.swapAt(place, .random(in: 0..<ids.count)) }
          let chosen = ids[start...]
          let begin = nanoseconds()
          for id in chosen { operation.call(id) }
          costs[index].samples.append((nanoseconds() - begin) / Main.batch)
          if operation.isDelete { ids.removeLast(Main.batch) }
        }
      }
    }
    return costs
  }

  private struct Operation {
    var name: String
    var isDelete = false
    var call: (Identifier) -> Void
  }

  private static func operations(_ bench: Bench) -> [Operation] {
    [
      Operation(name: "post 1 of 100 B") { _ in bench.post() },
      Operation(name: "list 20 from the start") { _ in
        bench.list(MessageQuery(limit: 20), expecting: 20)
      },
      Operation(name: "list 20 from a marker") { id in
        bench.list(MessageQuery(marker: id, limit: 20, includesClaimed: true), expecting: 20)
      },
      Operation(name: "list 20 of others: there are none") { _ in
        bench.list(MessageQuery(limit: 20, notFrom: bench.client), expecting: 0)
      },
      Operation(name: "get 1") { bench.get($0) },
      Operation(name: "statistics") { _ in bench.statistics() },
      Operation(name: "delete 1", isDelete: true) { bench.delete($0) },
      Operation(name: "claim 10, release them") { _ in
        bench.release(bench.claim(10).unsafelyUnwrapped)
      },
      Operation(name: "claim 1") { _ in bench.claim(1) },
      Operation(name: "claim 10") { _ in bench.claim(10) },
      Operation(name: "pop 1") { _ in bench.pop(1) },
      Operation(name: "pop 10") { _ in bench.pop(10) },
    ]
  }
}
