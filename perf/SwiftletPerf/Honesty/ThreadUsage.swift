// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import SwiftletCore

/// What a thread had of its core, in nanoseconds.
package struct ThreadUsage: Sendable, Codable {
  package var running: UInt64 = 0
  /// Ready to run while others had the core.
  package var waiting: UInt64 = 0
  package var elapsed: UInt64 = 0

  /// Of the calling thread, since its start; what has elapsed is the monotonic clock's.
  static var now: ThreadUsage {
    // "RUNNING WAITING SLICES", see the kernel's Documentation/scheduler/sched-stats.rst.
    let file = FileManager.default.contents(atPath: "/proc/thread-self/schedstat") ?? Data()
    let fields = String(decoding: file, as: UTF8.self).split(separator: " ")
    return ThreadUsage(
      running: fields.count > 0 ? UInt64(fields[0]) ?? 0 : 0,
      waiting: fields.count > 1 ? UInt64(fields[1]) ?? 0 : 0, elapsed: monotonicNanoseconds())
  }

  static func - (one: ThreadUsage, other: ThreadUsage) -> ThreadUsage {
    ThreadUsage(
      running: one.running - other.running, waiting: one.waiting - other.waiting,
      elapsed: one.elapsed - other.elapsed)
  }

  static func + (one: ThreadUsage, other: ThreadUsage) -> ThreadUsage {
    ThreadUsage(
      running: one.running + other.running, waiting: one.waiting + other.waiting,
      elapsed: one.elapsed + other.elapsed)
  }

  /// The share of a core it used: 1 is all of it.
  package var busy: Double { share(running) }
  /// The share of the time it would have run, had others not.
  package var starved: Double { share(waiting) }

  private func share(_ time: UInt64) -> Double {
    elapsed == 0 ? 0 : Double(time) / Double(elapsed)
  }
}
