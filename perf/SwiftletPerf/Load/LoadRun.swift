// SPDX-License-Identifier: Apache-2.0

package import SwiftletClient
internal import SwiftletCore
internal import SwiftletServer

/// What a load brought to light.
package struct LoadOutcome: Sendable {
  package var plan: LoadPlan
  package var phases = ConnectionPhases()
  package var tally = Tally()
  /// One entry a thread.
  package var usage: [ThreadUsage] = []
  /// Nanoseconds that were measured.
  package var elapsed: UInt64 = 0
  /// The warm-up, and whether the rate was steady at its end.
  package var warmUp = Duration.zero
  package var wasSteady = false
  /// How many messages were under way, on average over samples.
  package var meanInFlight = 0.0
}

/// Why a load could not be run.
package enum LoadError: Error, CustomStringConvertible {
  case connect(ConnectError)
  case cannotOpen(Int, of: Int, ConnectError?)
  case system(String)

  package var description: String {
    switch self {
    case .connect(let error): error.explained
    case .cannotOpen(let failed, let count, let error):
      "\(failed) of \(count) connections could not be opened"
        + (error.map { ", the first because: \($0.explained)" } ?? "")
    case .system(let text): text
    }
  }
}

extension LoadPlan {
  /// Runs the load: opens all connections, sends until the rate is steady, measures, and waits for what is
  /// still to come. `watch` is told of the progress ten times a second, and at the begin and end of what is measured;
  /// `opened` is waited for before anything is sent.
  package func run(
    _ watch: (LoadProgress) -> Void = { _ in }, opened: () async -> Void = {}
  ) async throws -> LoadOutcome {
    if let obstacle { throw LoadError.system(obstacle) }
    let threads: [LoadThread]
    do {
      threads = try (0..<self.threads).map { try thread($0) }
    } catch let error as ConnectError {
      throw LoadError.connect(error)
    } catch {
      throw LoadError.system("the load's threads could not be started: \(error)")
    }
    let run = LoadRun(plan: self, threads: threads)
    let outcome = try await run.outcome(watch, opened)
    for thread in threads { await thread.client.shutDown() }
    return outcome
  }
}

extension LoadPlan {
  private func thread(_ index: Int) throws -> LoadThread {
    switch pattern {
    case .echo: try LoadThread(self, index: index)
    case .fanout: try FanoutThread(self, index: index)
    case .push: try PushThread(self, index: index)
    }
  }
}

private struct LoadRun {
  let plan: LoadPlan
  let threads: [LoadThread]

  private static let tick = Duration.milliseconds(100)
  /// Halves that are compared to tell whether the rate is steady, in ticks.
  private static let half = 5

  func outcome(
    _ watch: (LoadProgress) -> Void, _ opened: () async -> Void
  ) async throws -> LoadOutcome {
    try await open(watch)
    await opened()
    var outcome = LoadOutcome(plan: plan)
    let begin = ContinuousClock.now
    let start = monotonicNanoseconds() + 1_000_000
    for thread in threads { await thread.onLoop { thread, loop in thread.begin(at: start, loop) } }
    outcome.wasSteady = try await warmUp(watch)
    outcome.warmUp = ContinuousClock.now - begin

    for thread in threads { await thread.onLoop { thread, _ in thread.beginCounting() } }
    let measured = monotonicNanoseconds()
    plan.messages?.begin(at: measured)
    report(.measuring, watch)
    outcome.meanInFlight = try await measure(watch)
    for thread in threads {
      outcome.usage.append(await thread.onLoop { thread, _ in thread.endSending() })
    }
    outcome.elapsed = monotonicNanoseconds() - measured
    report(.finishing, watch)

    try await waitForTheRest(watch)
    for thread in threads {
      outcome.tally += await thread.onLoop { thread, _ in thread.endCounting() }
    }
    try await close()
    for thread in threads { outcome.phases += await thread.onLoop { thread, _ in thread.phases } }
    return outcome
  }

  private func open(_ watch: (LoadProgress) -> Void) async throws {
    do throws(ConnectError) {
      for thread in threads { try thread.open() }
    } catch {
      throw LoadError.connect(error)
    }
    let wanted = plan.connections * threads.count
    while true {
      let counts = counts
      report(.opening, share: Double(counts.opened) / Double(max(wanted, 1)), watch)
      if counts.opened + counts.failed == wanted {
        guard counts.failed > 0 else { return }
        throw LoadError.cannotOpen(
          counts.failed, of: wanted, threads.lazy.compactMap(\.failure).first)
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Until two halves of a second bring as much as one another, but for the noise of counting.
  private func warmUp(_ watch: (LoadProgress) -> Void) async throws -> Bool {
    let limit = ContinuousClock.now + plan.warmUpLimit
    var received = [counts.received]
    while ContinuousClock.now < limit {
      try await Task.sleep(for: Self.tick)
      report(.warmingUp, watch)
      received.append(counts.received)
      guard received.count > 2 * Self.half else { continue }
      let last = received.count - 1
      let later = Double(received[last] - received[last - Self.half])
      let earlier = Double(received[last - Self.half] - received[last - 2 * Self.half])
      let most = max(later, earlier)
      if abs(later - earlier) <= max(0.05 * most, 3 * most.squareRoot()) { return true }
    }
    return false
  }

  /// Waits for the measured time; the mean number of messages under way.
  private func measure(_ watch: (LoadProgress) -> Void) async throws -> Double {
    let begin = ContinuousClock.now
    let end = begin + plan.duration
    var samples = 0
    var underWay = 0
    var seconds = 0
    var usage: [ThreadUsage] = []
    for thread in threads { usage.append(await thread.onLoop { _, _ in .now }) }
    while ContinuousClock.now < end {
      try await Task.sleep(until: min(end, .now + Self.tick / 5))
      let counts = counts
      underWay += counts.sent - counts.received
      samples += 1
      guard samples % 5 == 0 else { continue }
      let passed = ContinuousClock.now - begin
      let share = min(1, passed / plan.duration)
      // A little later than the clock has it, since the threads began one after the other.
      if passed > .seconds(seconds + 1) + Self.tick / 2 {
        report(.measuring, share: share, second: await second(seconds, &usage), watch)
        seconds += 1
      } else {
        report(.measuring, share: share, watch)
      }
    }
    // The last one ends with the measured time.
    if plan.duration >= .seconds(seconds + 1) {
      report(.measuring, share: 1, second: await second(seconds, &usage), watch)
    }
    return samples == 0 ? 0 : Double(underWay) / Double(samples)
  }

  /// Of all threads; `usage` is that at its begin and becomes that at its end.
  private func second(_ number: Int, _ usage: inout [ThreadUsage]) async -> LoadSecond {
    var whole = LoadSecond(number: number)
    for (index, thread) in threads.enumerated() {
      var (part, used) = await thread.onLoop { thread, _ in thread.second(number) }
      part.busy = (used - usage[index]).busy
      usage[index] = used
      whole += part
    }
    return whole
  }

  private func waitForTheRest(_ watch: (LoadProgress) -> Void) async throws {
    let end = ContinuousClock.now + plan.patience
    while counts.unanswered > 0 && ContinuousClock.now < end {
      report(.finishing, watch)
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  private func close() async throws {
    let end = ContinuousClock.now + plan.patience
    let before = counts.closed
    var left = 0
    for thread in threads { left += await thread.onLoop { thread, loop in thread.closeAll(loop) } }
    while counts.closed - before < left && ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  // MARK: - Progress

  private func report(
    _ phase: LoadProgress.Phase, share: Double? = nil, second: LoadSecond? = nil,
    _ watch: (LoadProgress) -> Void
  ) {
    let counts = counts
    watch(
      LoadProgress(
        phase: phase, opened: counts.opened, received: counts.received, sent: counts.sent,
        share: share, second: second))
  }

  private var counts: LoadThread.Counts {
    threads.reduce(into: LoadThread.Counts()) { $0 += $1.progress.counts }
  }
}

extension LoadThread {
  /// Runs `body` on the loop and waits for it. Some connection must have been open.
  fileprivate func onLoop<Result: Sendable>(
    _ body: @escaping @Sendable (LoadThread, borrowing LoopContext) -> Result
  ) async -> Result {
    await withCheckedContinuation { continuation in
      loop!.perform { context in continuation.resume(returning: body(self, context)) }
    }
  }
}
