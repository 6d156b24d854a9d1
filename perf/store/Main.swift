// SPDX-License-Identifier: Apache-2.0

import Glibc
import SwiftletMessaging

/// What operations of a store cost in a small queue and in a large one, new and worn: without an argument those
/// of the memory store, and what memory a message takes; with one those of SQLite's in a new file of that path.
@main
struct Main {
  /// Calls that are timed together.
  static let batch = 200

  static func main() {
    guard CommandLine.arguments.count > 1 else {
      memory()
      return compare((10_000, rounds: 40), (10_000_000, batches: 40), memoryStore)
    }
    let path = CommandLine.arguments[1]
    compare((10_000, rounds: 5), (10_000_000, batches: 10)) { sqliteStore(path) }
    remove(path)
  }

  private static func memoryStore() -> any MessageStore {
    MemoryStore(defaultMessageTTL: 3600) { 1_700_000_000_000 }
  }

  private static func sqliteStore(_ path: String) -> any MessageStore {
    remove(path)
    do {
      return try SQLiteStore(path: path, defaultMessageTTL: 3600) { 1_700_000_000_000 }
    } catch {
      fatalError("\(error)")
    }
  }

  private static func compare(
    _ small: (size: Int, rounds: Int), _ large: (size: Int, batches: Int),
    _ makeStore: @escaping () -> any MessageStore
  ) {
    print("\nns of CPU an operation (median of batches)".padded(to: 46), terminator: "")
    print("\(small.size)".aligned(9), "\(large.size)".aligned(9), "ratio".aligned(6))
    for wear in Wear.allCases {
      let bench = Bench(makeStore)
      defer { bench.close() }
      let few = Costs.measure(bench, size: small.size, rounds: small.rounds, batches: 1, wear)
      let many = Costs.measure(bench, size: large.size, rounds: 1, batches: large.batches, wear)
      print("queue", wear.rawValue)
      for (few, many) in zip(few, many) {
        print(
          "  \(few.name)".padded(to: 45), "\(few.median)".aligned(9), "\(many.median)".aligned(9),
          ratio(many.median, few.median).aligned(6))
      }
    }
  }

  private static func memory() {
    let bench = Bench(memoryStore)
    let (queues, messages) = (100_000, 10_000_000)
    var before = residentBytes()
    for number in 0..<queues {
      bench.post(to: QueueKey(project: "project", name: "queue-\(number)"))
    }
    print("\(queues) queues of one message: \((residentBytes() - before) / queues) B each")

    before = residentBytes()
    let start = nanoseconds()
    for _ in 0..<messages { bench.post() }
    let time = (nanoseconds() - start) / messages
    let bytes = (residentBytes() - before) / messages - Bench.bodySize
    print("\(messages) messages of \(Bench.bodySize) B:", terminator: " ")
    print("\(bytes) B each beyond the body, posted in \(time) ns each")
  }
}

func ratio(_ one: Int, _ other: Int) -> String {
  let hundredths = (one * 100 + other / 2) / other
  return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }
  func aligned(_ width: Int) -> String {
    String(repeating: " ", count: max(width - count, 0)) + self
  }
}
