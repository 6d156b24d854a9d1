// SPDX-License-Identifier: Apache-2.0

public import SwiftletCore

/// How fast the implementations of a kernel were.
public struct Measurement {
  public let kernel: Kernel
  /// Nanoseconds of one run, for each timed subject.
  public let times: [(implementation: Subject.Implementation, nanoseconds: Spread)]

  /// The C core as a caller gets it by default: the active level, the method `auto`.
  public func defaultC(_ active: CPULevel) -> Spread? {
    time(.c(method: kernel.group == .image ? .auto : nil, level: active))
  }

  /// How many times as fast as pure Swift the C core is by default.
  public func ratio(_ active: CPULevel) -> Double? {
    guard let c = defaultC(active), let swift = time(.swift) else { return nil }
    return swift.median / c.median
  }

  public func time(_ implementation: Subject.Implementation) -> Spread? {
    times.first { $0.implementation == implementation }?.nanoseconds
  }
}

extension Kernel {
  /// A repetition shorter than this says more about the clock than about the work.
  static let shortestRepetition: UInt64 = 200_000

  /// Times the subjects in turn, so that whatever slows the machine down for a while meets them all.
  public func measure(repetitions: Int) -> Measurement {
    measure(repetitions: repetitions, clock: monotonicNanoseconds)
  }

  func measure(repetitions: Int, clock: () -> UInt64) -> Measurement {
    let before = CPULevel.active
    defer { CPULevel.limit(to: before) }
    let timed = subjects().filter(\.isTimed)
    let runs = timed.map { $0.runsForRepetition(clock) }
    var nanoseconds = [[Double]](repeating: [], count: timed.count)
    for repetition in 0..<repetitions {
      // Each time another one begins, so that none has always the same predecessor's caches.
      for turn in timed.indices {
        let index = (turn + repetition) % timed.count
        let time = timed[index].time(runs[index], clock)
        nanoseconds[index].append(Double(time) / Double(runs[index]))
      }
    }
    return Measurement(
      kernel: self,
      times: zip(timed, nanoseconds).map { ($0.implementation, Spread(of: $1)) })
  }
}

extension Subject {
  fileprivate func time(_ runs: Int, _ clock: () -> UInt64) -> UInt64 {
    limitLevel()
    let start = clock()
    work(runs)
    return clock() - start
  }

  /// How many runs last as long as a repetition must; warms up on the way.
  fileprivate func runsForRepetition(_ clock: () -> UInt64) -> Int {
    var runs = 1
    while true {
      let elapsed = max(time(runs, clock), 1)
      if elapsed >= Kernel.shortestRepetition { return runs }
      let wanted = Double(runs) * Double(Kernel.shortestRepetition) / Double(elapsed)
      runs = max(runs + 1, Int(wanted * 1.25))
    }
  }
}
