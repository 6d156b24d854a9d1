// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Synchronization

/// Several processes, each with its share.
package struct ShareGroup<Work: Share> {
  private let members: [Member]

  private struct Member {
    let process: ChildProcess
    var lines: AsyncStream<String>.Iterator

    /// Reads lines until one is what is waited for.
    mutating func next<Found>(_ body: (ShareLine<Work>) -> Found?) async throws -> Found {
      while let text = await lines.next() {
        guard let line = try? JSONDecoder().decode(ShareLine<Work>.self, from: Data(text.utf8))
        else { continue }
        if case .failed(let sentence) = line { throw LoadError.system(sentence) }
        if let found = body(line) { return found }
      }
      throw LoadError.system("a client process ended before its time")
    }
  }

  /// Starts the processes. Throws a ``LoadError``.
  package init(_ shares: [Work]) throws {
    members = try shares.map { share in
      do {
        let process = try ChildProcess(arguments: [ShareProcess.command, Work.name])
        process.send(String(decoding: try JSONEncoder().encode(share), as: UTF8.self))
        return Member(process: process, lines: process.lines.makeAsyncIterator())
      } catch {
        throw LoadError.system("a client process could not be started: \(error)")
      }
    }
  }

  /// Runs the shares; `opened` is called when all have opened their connections.
  package func run(
    _ watch: (LoadProgress) -> Void, opened: ([Work.Opened]) async throws -> Void
  ) async throws -> [Work.Outcome] {
    var members = members
    var progress = [LoadProgress](
      repeating: LoadProgress(phase: .opening, opened: 0, received: 0), count: members.count)
    var beginnings: [Work.Opened] = []
    for index in members.indices {
      beginnings.append(
        try await members[index].next { line in
          switch line {
          case .opened(let opened): return opened
          case .progress(let opened, let received):
            progress[index] = LoadProgress(phase: .opening, opened: opened, received: received)
            watch(progress.sum)
          case .outcome, .failed: break
          }
          return nil
        })
    }
    try await opened(beginnings)
    for member in members { member.process.send("go") }
    var outcomes: [Work.Outcome] = []
    for index in members.indices {
      outcomes.append(
        try await members[index].next { line in
          switch line {
          case .outcome(let outcome): return outcome
          case .progress(let opened, let received):
            progress[index] = LoadProgress(phase: .measuring, opened: opened, received: received)
            watch(progress.sum)
          case .opened, .failed: break
          }
          return nil
        })
    }
    return outcomes
  }
}

extension [LoadProgress] {
  fileprivate var sum: LoadProgress {
    LoadProgress(
      phase: self[0].phase, opened: reduce(0) { $0 + $1.opened },
      received: reduce(0) { $0 + $1.received })
  }
}
