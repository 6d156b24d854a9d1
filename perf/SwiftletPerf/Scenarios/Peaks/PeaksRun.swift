// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient

extension PeaksPlan {
  /// Sends the peaks. `watch` is told of the progress.
  package func run(
    _ watch: (LoadProgress) -> Void = { _ in }
  ) async throws -> PeaksOutcome {
    let thread: PeaksThread
    do {
      thread = try PeaksThread(self)
    } catch let error as ConnectError {
      throw LoadError.connect(error)
    } catch {
      throw LoadError.system("the client's thread could not be started: \(error)")
    }
    try await open(thread, watch)
    await thread.home.run { thread.begin($0) }
    while await !thread.home.run({ _ in thread.isSent }) {
      watch(thread.report(.measuring))
      try await Task.sleep(for: .milliseconds(50))
    }
    let end = ContinuousClock.now + patience
    while thread.progress.received.load(ordering: .relaxed) < peaks * height,
      ContinuousClock.now < end
    {
      watch(thread.report(.finishing))
      try await Task.sleep(for: .milliseconds(10))
    }
    let outcome = await thread.home.run { _ in
      thread.finish()
      return thread.outcome
    }
    await thread.shutDown()
    return outcome
  }

  private func open(_ thread: PeaksThread, _ watch: (LoadProgress) -> Void) async throws {
    await thread.home.run { _ in thread.open(connections) }
    let progress = { thread.report(.opening).opened }
    while progress() + thread.progress.failed.load(ordering: .acquiring) < connections {
      watch(thread.report(.opening))
      try await Task.sleep(for: .milliseconds(5))
    }
    let failed = thread.progress.failed.load(ordering: .acquiring)
    guard failed > 0 else { return }
    let reason = await thread.home.run { _ in thread.failure }
    throw LoadError.cannotOpen(failed, of: connections, reason)
  }
}

extension PacedThread {
  func report(_ phase: LoadProgress.Phase) -> LoadProgress {
    LoadProgress(
      phase: phase, opened: progress.opened.load(ordering: .acquiring),
      received: progress.received.load(ordering: .relaxed))
  }
}
