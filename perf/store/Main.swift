// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

/// What operations of the memory store cost in a queue of ten thousand messages and in one of ten
/// million, new and worn, and what memory a message takes.
@main
struct Main {
  static let small = 10_000
  static let large = 10_000_000
  /// Calls that are timed together.
  static let batch = 200

  static func main() {
    memory()
    print("\nnanoseconds an operation (median of batches)".padded(to: 46), terminator: "")
    print("10^4".aligned(8), "10^7".aligned(8), "ratio".aligned(6))
    for wear in Wear.allCases {
      let bench = Bench()
      let few = Costs.measure(bench, size: small, rounds: 40, batches: 1, wear)
      bench.reset()
      let many = Costs.measure(bench, size: large, rounds: 1, batches: 40, wear)
      print("queue", wear.rawValue)
      for (few, many) in zip(few, many) {
        print(
          "  \(few.name)".padded(to: 45), "\(few.median)".aligned(8), "\(many.median)".aligned(8),
          ratio(many.median, few.median).aligned(6))
      }
    }
  }

  private static func memory() {
    let bench = Bench()
    let queues = 100_000
    var before = residentBytes()
    for number in 0..<queues {
      bench.post(to: QueueKey(project: "project", name: "queue-\(number)"))
    }
    print("\(queues) queues of one message: \((residentBytes() - before) / queues) B each")

    before = residentBytes()
    let start = nanoseconds()
    for _ in 0..<large { bench.post() }
    let time = (nanoseconds() - start) / large
    let bytes = (residentBytes() - before) / large - Bench.bodySize
    print("\(large) messages of \(Bench.bodySize) B:", terminator: " ")
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
