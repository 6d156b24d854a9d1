// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct EchoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echo", abstract: "Measures a server that sends every message back.",
    discussion: """
      Any WebSocket server can be the target. Every reply is compared with what was sent. A reply releases the \
      next message (a closed loop: a slow server gets less to do), or with --rate messages are due at \
      scheduled times (an open loop), and response times count from these, so that a stall of the server shows in \
      all messages that it delayed.
      """)

  @Option(help: "The server, as ws://HOST:PORT/PATH.")
  var url: String

  @OptionGroup
  var load: LoadOptions

  @Option(help: "What must hold, or the exit status is 3: \(Expectation.form). Repeatable.")
  var expect: [Expectation] = []

  @OptionGroup
  var results: ResultOptions

  func run() async throws {
    var result = results.begin("echo")
    let outcome = try await runWatched(load.plan(url: url, seed: results.seed))
    print(outcome.summary, terminator: "")
    result.runs.append(Run("echo", outcome))
    let broken = expect.filter { !$0.isMet(by: outcome) }
    for expectation in broken { report("swiftlet-perf: \(expectation) does not hold\n") }
    try results.finish(result, isBroken: !broken.isEmpty)
  }
}

extension Expectation: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
