// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient

/// What exchanges brought to light.
package struct ExchangeOutcome: Sendable {
  package var plan: ExchangePlan
  package var tally: ExchangeTally
  package var usage: ThreadUsage
  /// Nanoseconds that were counted: where the messages were counted out, from the wish for the first
  /// connection to the end of the last.
  package var elapsed: UInt64

  /// Replies a second.
  package var rate: Double { Double(tally.received) / (Double(elapsed) / 1e9) }

  package var verdict: Verdict { Verdict(closedLoopOf: [usage]) }
}

extension ExchangePlan {
  /// Exchanges the messages. `watch` is told of the progress.
  package func run(
    _ exchanges: any Exchanges, _ watch: (LoadProgress) -> Void = { _ in }
  ) async throws -> ExchangeOutcome {
    let thread: ExchangeThread
    do {
      thread = try ExchangeThread(self, exchanges)
    } catch let error as ConnectError {
      throw LoadError.connect(error)
    } catch {
      throw LoadError.system("the client's thread could not be started: \(error)")
    }
    await thread.home.run { _ in thread.begin() }
    if case .time(let duration, let warmUp) = amount {
      try await wait(for: warmUp, thread, .warmingUp, watch)
      await thread.home.run { _ in thread.startCounting() }
      try await wait(for: duration, thread, .measuring, watch)
      await thread.home.run { _ in thread.stopCounting() }
    }
    try await wait(for: .seconds(1 << 40), thread, .measuring, watch)
    let outcome = await thread.home.run { _ in
      (
        ExchangeOutcome(
          plan: thread.plan, tally: thread.tally, usage: thread.usage,
          elapsed: thread.end - thread.start), thread.failure
      )
    }
    await thread.shutDown()
    if let failure = outcome.1 {
      throw LoadError.cannotOpen(1, of: outcome.0.tally.closed + 1, failure)
    }
    return outcome.0
  }

  /// Until the time is over, or the exchanges are.
  private func wait(
    for time: Duration, _ thread: ExchangeThread, _ phase: LoadProgress.Phase,
    _ watch: (LoadProgress) -> Void
  ) async throws {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end, !thread.progress.isOver.load(ordering: .acquiring) {
      watch(
        LoadProgress(
          phase: phase, opened: thread.progress.opened.load(ordering: .relaxed),
          received: thread.progress.received.load(ordering: .relaxed)))
      try await Task.sleep(until: min(end, .now + .milliseconds(20)))
    }
  }
}

extension Run {
  /// - Parameters:
  ///   - pattern: As in ``Load/pattern``.
  ///   - size: Bytes of a message.
  package init(
    _ name: String, _ outcome: ExchangeOutcome, pattern: String, format: Payload.Format, size: Int
  ) {
    self.init(name)
    load = Load(
      url: outcome.plan.url, pattern: pattern, connections: outcome.plan.connections, threads: 1,
      depth: 1, rate: nil, arrivals: "closed", format: format.rawValue, size: size)
    figures = ["rate": outcome.rate, "seconds": Double(outcome.elapsed) / 1e9]
    verdict = outcome.verdict.sentence
    faults = outcome.tally.faults
    threads = [ThreadShare(busy: outcome.usage.busy, starved: outcome.usage.starved)]
    times = outcome.tally.times.filter { $0.value.totalCount > 0 }.mapValues(Times.init)
    messages = outcome.tally.messages.sorted { $0.idx < $1.idx }
  }
}
