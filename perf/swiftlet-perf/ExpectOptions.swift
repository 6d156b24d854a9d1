// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct ExpectOptions: ParsableArguments {
  @Option(help: "What must hold, or the exit status is 3: \(Expectation.form). Repeatable.")
  var expect: [Expectation] = []

  /// Says what does not hold; whether there was anything.
  func areBroken(by outcome: LoadOutcome) -> Bool {
    let broken = expect.filter { !$0.isMet(by: outcome) }
    for expectation in broken { report("swiftlet-perf: \(expectation) does not hold\n") }
    return !broken.isEmpty
  }
}

extension Expectation: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// A scenario of one load: runs it, and says and writes what it brought.
func measure(
  _ scenario: String, _ plan: LoadPlan, _ expectations: ExpectOptions,
  _ messageLog: MessageLogOptions, _ results: ResultOptions, isCalibrated: Bool = false
) async throws {
  var result = results.begin(scenario, [plan])
  var plan = plan
  plan.messages = try messageLog.open()
  let outcome = try await results.watched { [plan] in try await plan.run($0) }
  print(outcome.summary, terminator: "")
  var run = Run(scenario, outcome)
  try await messageLog.finish(plan.messages, &run)
  result.runs.append(run)
  if isCalibrated {
    plan.messages = nil
    let calibration = try await calibrate(plan, results)
    print(calibration.summary(of: outcome), terminator: "")
    result.calibration = calibration
    if let remark = calibration.remark(on: outcome) { result.runs[0].remarks.append(remark) }
  }
  try results.finish(result, isBroken: expectations.areBroken(by: outcome))
}

private func calibrate(_ plan: LoadPlan, _ results: ResultOptions) async throws -> Calibration {
  var plan = plan
  plan.duration = min(plan.duration, .seconds(2))
  return try await results.watched { watch in
    try await Calibration.measure(
      plan, connections: Calibration.counts(upTo: plan.connections),
      nullServer: [ownPath, "null-server"], watch)
  }
}
