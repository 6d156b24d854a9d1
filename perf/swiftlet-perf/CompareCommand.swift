// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletPerf

struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Measures servers side by side and tells whether they differ.",
    discussion: """
      A subject is the URL of a server that runs, or a TOML file:

        name = "mine"
        url = "ws://127.0.0.1:{port}/echo"   # {port}: as the server tells by "listening on ..."
        command = ["./server", "--port", "0"] # or a line for the shell; {port} in it: a free one
        cpus = "0"                            # and what follows is optional
        version = ["./server", "--version"]
        environment = { GOGC = "200" }

      Commands run in the file's folder. Subjects take turns, A B B A A B ..., so that what the machine does \
      meanwhile strikes all alike. Each is compared with the first: the median of the rounds' ratios, its 95 % \
      confidence interval by bootstrap, and "no difference shown" when that holds 1. Where the client is the \
      limit, the servers' CPU time a message decides.
      """)

  @Argument(help: "The servers, the first of which is what the others are compared with.")
  var subjects: [String]

  @Option(help: "How often each has its turn.")
  var rounds = 10

  @Option(help: "The measured time of a turn.")
  var roundDuration = TimeSpan(duration: .seconds(1))

  @Flag(help: "Start servers anew for each turn.")
  var restart = false

  @Option(help: "How long a server may take until it listens.")
  var startLimit = TimeSpan(duration: .seconds(10))

  @Option(help: "Draw the ratios to this file.")
  var svg: String?

  @OptionGroup
  var load: LoadOptions

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard subjects.count > 1 else { throw ValidationError("There is nothing to compare with.") }
    guard rounds >= Ratio.leastPairs else {
      throw ValidationError("--rounds must be at least \(Ratio.leastPairs): fewer show nothing.")
    }
  }

  func run() async throws {
    let comparison: Comparison
    do {
      comparison = Comparison(
        subjects: try subjects.map { try ServerSubject(argument: $0) },
        plan: load.plan(url: "", duration: roundDuration, seed: results.seed), rounds: rounds,
        restarts: restart, startLimit: startLimit.duration)
    } catch let error as SubjectError {
      throw unavailable(error)
    }
    var result = results.begin("compare", [comparison.plan])
    let runs = try await results.compare(comparison)
    let judgement = Judgement(runs, seed: results.seed)
    print(judgement.summary(of: runs), terminator: "")
    result.runs = runs.map(\.run)
    result.comparison = judgement
    if let svg { try write(judgement.chart, to: svg) }
    try results.finish(result)
  }
}

extension ResultOptions {
  /// Runs a comparison with its progress told; ends the command with a sentence where it cannot be run.
  func compare(_ comparison: Comparison) async throws -> [SubjectRuns] {
    do {
      return try await watched { watch in
        try await comparison.run { progress in
          var load = progress.load
          load.part = "round \(progress.round) of \(comparison.rounds), \(progress.name)"
          watch(load)
        }
      }
    } catch let error as SubjectError {
      throw unavailable(error)
    }
  }
}

private func unavailable(_ error: SubjectError) -> ExitCode {
  report("swiftlet-perf: \(error)\n")
  return ExitCode(EX_UNAVAILABLE)
}
