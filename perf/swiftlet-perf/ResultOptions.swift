// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

/// Where a scenario's randomness comes from and where its result goes.
struct ResultOptions: ParsableArguments {
  @Option(help: "Of all random numbers. (default: a random one, which is printed)")
  var seed = UInt64.random(in: 0 ... .max)

  @Option(help: "Write everything that was measured to this file, as JSON.")
  var json: String?

  @Option(help: "Write all histograms to this file, as an HdrHistogram log.")
  var hdrLog: String?

  @OptionGroup
  var live: LiveOptions

  /// A result to which runs are added.
  func begin(_ scenario: String, _ plans: [LoadPlan] = []) -> ResultFile {
    ResultFile(scenario: scenario, command: CommandLine.arguments, seed: seed, plans: plans)
  }

  func save(_ result: ResultFile) throws {
    if let json { try write(try result.json, to: json) }
    if let hdrLog { try write(result.hdrLog, to: hdrLog) }
  }

  /// Runs something that tells its progress; ends the command with a sentence where it cannot be run.
  func watched<Outcome>(
    _ run: ((LoadProgress) -> Void) async throws -> Outcome
  ) async throws -> Outcome {
    try await live.watched(run)
  }

  /// Writes what was asked for. Ends the command with status 3 where an expectation is broken, else with 1
  /// where a message was lost or not what it had to be.
  func finish(_ result: ResultFile, isBroken: Bool = false) throws {
    try save(result)
    if isBroken { throw ExitCode(3) }
    if result.runs.contains(where: { $0.faults?.isEmpty == false }) { throw ExitCode(1) }
  }
}

/// Says what was wrong in which run, or that nothing was.
func printFaults(of runs: [Run]) {
  let wrong = runs.filter { $0.faults?.isEmpty == false }
  for run in wrong { print("WRONG in \(run.name): \(run.faults!.sentence)") }
  if wrong.isEmpty { print("every reply was right") }
}
