// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SwiftletServer

/// The connections that one process holds.
package struct IdleShare: Share {
  package static let name = "idle"

  /// In turn.
  var urls: [String]
  var trust: TLSTrust
  /// Of the first among those of all processes.
  var first: Int
  var count: Int
  /// Where connections come from; none leaves that to the URL.
  var sources: [String]
  /// An answer is waited for as long.
  var patience: Duration

  package struct Opened: Codable, Sendable {
    var opened: Int
    /// Why others were not, and how often.
    var failures: [String: Int]
    var seconds: Double
    var phases: LosslessPhases
    /// Of the process.
    var memory: ProcessMemory
  }

  package struct Outcome: Codable, Sendable {
    /// Answered at the end.
    var live: Int
    var faults: Faults
    var pong: LosslessTimes
  }

  package func run(
    _ watch: @Sendable (LoadProgress) -> Void, opened: (Opened) async -> Void
  ) async throws -> Outcome {
    raiseDescriptorLimit()
    let thread = try IdleThread(self)
    let begin = ContinuousClock.now
    await thread.home.run { _ in thread.begin() }
    var isOpening = true
    while isOpening {
      let count = thread.progress.opened.load(ordering: .acquiring)
      isOpening = count + thread.progress.failed.load(ordering: .acquiring) < self.count
      watch(LoadProgress(phase: .opening, opened: count, received: 0))
      try await Task.sleep(for: .milliseconds(5))
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    await opened(
      await thread.home.run { _ in
        Opened(
          opened: thread.connections.count, failures: thread.failures, seconds: seconds,
          phases: LosslessPhases(thread.phases),
          memory: ProcessMemory(of: nil) ?? ProcessMemory(resident: 0, peak: 0))
      })
    return try await prove(thread, watch)
  }

  private func prove(
    _ thread: IdleThread, _ watch: (LoadProgress) -> Void
  ) async throws -> Outcome {
    let asked = await thread.home.run { thread.ask($0) }
    let end = ContinuousClock.now + patience
    while thread.progress.answered.load(ordering: .relaxed) < asked, ContinuousClock.now < end {
      watch(
        LoadProgress(
          phase: .finishing, opened: thread.progress.opened.load(ordering: .acquiring),
          received: thread.progress.answered.load(ordering: .relaxed)))
      try await Task.sleep(for: .milliseconds(5))
    }
    return await thread.home.run { _ in
      var outcome = Outcome(live: 0, faults: Faults(), pong: LosslessTimes(thread.pong))
      for connection in thread.connections {
        switch connection.state {
        case .live: outcome.live += 1
        case .wrong: outcome.faults.corrupted += 1
        case .ended: outcome.faults.closed += 1
        case .opening, .open, .asked: outcome.faults.lost += 1
        }
      }
      return outcome
    }
  }
}

/// As far as the system lets this process.
private func raiseDescriptorLimit() {
  var limit = rlimit()
  let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  guard getrlimit(resource, &limit) == 0 else { return }
  limit.rlim_cur = limit.rlim_max
  _ = setrlimit(resource, &limit)
}

/// File descriptors that a process may have at most.
package var descriptorLimit: Int {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  return Int(clamping: limit.rlim_max)
}
