// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient
internal import SwiftletCore
internal import SwiftletServer

extension RampPlan {
  /// How long new connections send before they are looked at: each has sent once then.
  private static let settling: UInt64 = 1_000_000_000

  /// Runs the ramp. `watch` is told of the progress.
  package func run(
    _ watch: (LoadProgress) -> Void = { _ in }
  ) async throws -> RampOutcome {
    let threads: [RampThread]
    do {
      threads = try (0..<self.threads).map { try RampThread(messages, index: $0) }
    } catch let error as ConnectError {
      throw LoadError.connect(error)
    } catch {
      throw LoadError.system("the client's threads could not be started: \(error)")
    }
    var failure: String?
    for count in counts {
      let begin = ContinuousClock.now
      failure = try await open(count, threads, watch)
      guard failure == nil else { break }
      try await step(count, from: begin, threads, watch)
    }
    var outcome = try await finish(threads)
    outcome.failure = failure
    for thread in threads { await thread.shutDown() }
    if outcome.steps.isEmpty, let failure { throw LoadError.system(failure) }
    return outcome
  }

  /// Opens connections until there are so many; why that cannot be.
  private func open(
    _ count: Int, _ threads: [RampThread], _ watch: (LoadProgress) -> Void
  ) async throws -> String? {
    for (index, thread) in threads.enumerated() {
      let share = count * (index + 1) / threads.count - count * index / threads.count
      let missing = share - thread.progress.opened.load(ordering: .acquiring)
      await thread.home.run { _ in thread.open(missing) }
    }
    while threads.opened + threads.failed < count {
      watch(threads.progress(.opening))
      try await Task.sleep(for: .milliseconds(5))
    }
    for thread in threads { await thread.home.run { thread.startNew($0) } }
    guard threads.failed > 0 else { return nil }
    for thread in threads {
      if let reason = await thread.home.run({ _ in thread.failure?.explained }) {
        return "\(threads.failed) connections could not be opened beside the \(threads.opened) "
          + "that were, the first because: \(reason)"
      }
    }
    return nil
  }

  private func step(
    _ count: Int, from begin: ContinuousClock.Instant, _ threads: [RampThread],
    _ watch: (LoadProgress) -> Void
  ) async throws {
    let start = monotonicNanoseconds() + Self.settling
    for thread in threads { await thread.home.run { _ in thread.beginStep(count, at: start) } }
    // Whatever opening took, there is something to look at.
    let end = max(begin + every, .now + .seconds(2))
    while ContinuousClock.now < end {
      watch(threads.progress(.measuring))
      try await Task.sleep(until: min(end, .now + .milliseconds(100)))
    }
    let now = monotonicNanoseconds()
    for thread in threads { await thread.home.run { _ in thread.endStep(at: now) } }
  }

  private func finish(_ threads: [RampThread]) async throws -> RampOutcome {
    for thread in threads { await thread.home.run { _ in thread.stopSending() } }
    let end = ContinuousClock.now + patience
    while threads.pending > 0, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(10))
    }
    var outcome = RampOutcome(plan: self, steps: [], faults: Faults())
    for thread in threads {
      let part = await thread.home.run { _ in
        thread.finish()
        return (thread.steps, thread.faults, thread.phases)
      }
      if outcome.steps.isEmpty {
        outcome.steps = part.0
      } else {
        for (index, step) in part.0.enumerated() { outcome.steps[index] += step }
      }
      outcome.faults += part.1
      outcome.phases += part.2
    }
    return outcome
  }
}

extension [RampThread] {
  fileprivate var opened: Int { reduce(0) { $0 + $1.progress.opened.load(ordering: .acquiring) } }
  fileprivate var failed: Int { reduce(0) { $0 + $1.progress.failed.load(ordering: .acquiring) } }
  fileprivate var received: Int {
    reduce(0) { $0 + $1.progress.received.load(ordering: .relaxed) }
  }
  fileprivate var pending: Int {
    reduce(0) { $0 + $1.progress.sent.load(ordering: .relaxed) } - received
  }

  fileprivate func progress(_ phase: LoadProgress.Phase) -> LoadProgress {
    LoadProgress(phase: phase, opened: opened, received: received)
  }
}
