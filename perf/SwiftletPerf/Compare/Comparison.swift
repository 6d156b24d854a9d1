// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Servers measured side by side under one load: in every round each has a turn.
package struct Comparison: Sendable {
  /// The first is what the others are compared with.
  package var subjects: [ServerSubject]
  /// Of each turn; its URL is that of the subject.
  package var plan: LoadPlan
  package var rounds: Int
  /// Whether servers that we start are started anew for each turn. Otherwise they stay, and a first round that
  /// finds them cold is not counted.
  package var restarts: Bool
  /// How long a server may take until it listens.
  package var startLimit: Duration

  package init(
    subjects: [ServerSubject], plan: LoadPlan, rounds: Int, restarts: Bool, startLimit: Duration
  ) {
    self.subjects = subjects
    self.plan = plan
    self.rounds = rounds
    self.restarts = restarts
    self.startLimit = startLimit
    nameApart()
  }

  /// Runs all rounds. Throws a `SubjectError` or a `LoadError` when one cannot be measured.
  package func run(_ watch: (ComparisonProgress) -> Void = { _ in }) async throws -> [SubjectRuns] {
    var runs: [SubjectRuns] = []
    for subject in subjects {
      runs.append(SubjectRuns(subject: subject, version: try await subject.version(startLimit)))
    }
    var running: [RunningSubject] = []
    do {
      if !restarts {
        for subject in subjects {
          running.append(try await RunningSubject.start(subject, limit: startLimit))
        }
      }
      try await turns(running, &runs, watch)
    } catch {
      for subject in running { await subject.stop() }
      throw error
    }
    for subject in running { await subject.stop() }
    return runs
  }

  private func turns(
    _ running: [RunningSubject], _ runs: inout [SubjectRuns], _ watch: (ComparisonProgress) -> Void
  ) async throws {
    let rotation = Rotation(of: subjects.count)
    for round in (restarts ? 1 : 0)...rounds {
      for index in rotation[max(round - 1, 0)] {
        let name = subjects[index].name
        let server =
          restarts ? try await .start(subjects[index], limit: startLimit) : running[index]
        let turn: Turn
        do {
          turn = try await measure(server, name) {
            watch(ComparisonProgress(name: name, round: round, load: $0))
          }
        } catch {
          if restarts { await server.stop() }
          throw error
        }
        if restarts { await server.stop() }
        runs[index].note(turn, isCounted: round > 0)
      }
    }
  }

  private func measure(
    _ server: RunningSubject, _ name: String, _ watch: (LoadProgress) -> Void
  ) async throws -> Turn {
    var plan = plan
    plan.url = server.url
    var meter = ServerMeter(server.process?.pid)
    let outcome: LoadOutcome
    do {
      outcome = try await plan.run {
        meter.note($0)
        watch($0)
      }
    } catch let error as LoadError {
      if let process = server.process, !process.isRunning {
        throw SubjectError("\(name) ended: \(process.obituary)")
      }
      throw error
    }
    if let process = server.process, !process.isRunning {
      throw SubjectError("\(name) ended while it was measured: \(process.obituary)")
    }
    return Turn(
      outcome: outcome, serverTime: meter.timePerMessage, othersBusy: meter.othersBusy)
  }

  /// Subjects of one name are numbered.
  private mutating func nameApart() {
    var counts: [String: Int] = [:]
    for index in subjects.indices {
      let count = counts[subjects[index].name, default: 0] + 1
      counts[subjects[index].name] = count
      if count > 1 { subjects[index].name += " (\(count))" }
    }
  }
}

/// What a comparison has reached, for who watches.
package struct ComparisonProgress: Sendable {
  package var name: String
  /// From 1; 0 is not counted.
  package var round: Int
  package var load: LoadProgress
}

/// One subject's turn in one round.
struct Turn: Sendable {
  var outcome: LoadOutcome
  /// Nanoseconds of CPU time that the server used for a message, where that can be known.
  var serverTime: Double?
  /// Processors that neither server nor client had, where that can be known.
  var othersBusy: Double?
}

/// All turns of a subject.
package struct SubjectRuns: Sendable {
  package let subject: ServerSubject
  let version: String?
  private(set) var turns: [Turn] = []
  /// Of all turns, also of one that is not counted otherwise.
  private(set) var faults = Faults()

  init(subject: ServerSubject, version: String?) {
    self.subject = subject
    self.version = version
  }

  mutating func note(_ turn: Turn, isCounted: Bool) {
    faults += turn.outcome.tally.faults
    if isCounted { turns.append(turn) }
  }
}

extension ServerSubject {
  /// What it says of its version, where it has a way to.
  fileprivate func version(_ limit: Duration) async throws -> String? {
    guard let launch, let command = launch.version else { return nil }
    let process = try ServerProcess(launch, command: command)
    let deadline = ContinuousClock.now + limit
    while process.isRunning && .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    let line = process.text.split(separator: "\n").first.map(String.init)
    await process.stop()
    return line
  }
}
