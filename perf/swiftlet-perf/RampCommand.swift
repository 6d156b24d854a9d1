// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct RampCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ramp",
    abstract: "Adds connections by and by, each of which sends a message a second.",
    discussion: """
      Shows latency against the number of connections. Each connection sends at a phase of its own and whether \
      or not replies have come (an open loop); response times count from when a message was due. Opening \
      connections, and the second after it, are left out of the figures. The ramp is repeated with each number \
      of client threads, among which the connections are shared: what becomes better with more of them was the \
      client's doing and not the server's.
      """)

  @OptionGroup
  var messages: MessageOptions

  @Option(help: "Connections added at a time.")
  var step = 100

  @Option(help: "The time from one addition to the next, at least 2s.")
  var every = TimeSpan(duration: .seconds(4))

  @Option(help: "The number of connections to end with.")
  var upTo = 500

  @Option(help: "Client threads, such as 1,2,4: the whole ramp with each number.")
  var threads = CommaList([1, 2, 4])

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard step > 0, upTo > 0, threads.elements.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("--step, --up-to and --threads must be above 0.")
    }
    guard every.duration >= .seconds(2) else {
      throw ValidationError("--every must be at least 2s, of which the first is left out.")
    }
  }

  func run() async throws {
    var result = results.begin("ramp")
    var table = RampTable()
    for threads in threads.elements {
      let plan = RampPlan(
        messages: messages.messages(seed: results.seed), step: step, every: every.duration,
        upTo: upTo, threads: threads, patience: messages.patience.duration)
      let outcome = try await results.watched { try await plan.run($0) }
      table.add(outcome)
      result.runs += outcome.runs
      if let failure = outcome.failure { report("swiftlet-perf: \(failure)\n") }
    }
    print(table.text, terminator: "")
    print("seed \(results.seed)")
    printFaults(of: result.runs)
    try results.finish(result)
  }
}
