// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct PeaksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peaks",
    abstract: "Sends peaks of messages, all due at once, over few and over many connections.",
    discussion: """
      At the begin of each peak all of its messages are due, spread evenly over the connections; response times \
      count from then. It is done with each number of connections, so that it shows what sending many messages \
      over fewer connections does. The result file has the messages sent and those without a reply over time.
      """)

  @OptionGroup
  var messages: MessageOptions

  @Option(help: "Connections, such as 1,10,100: all peaks with each number.")
  var connections = CommaList([1, 10, 100])

  @Option(help: "How many peaks.")
  var peaks = 5

  @Option(help: "Messages of a peak.")
  var count = 1000

  @Option(help: "The time from one peak's begin to the next's.")
  var every = TimeSpan(duration: .seconds(1))

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard connections.elements.allSatisfy({ $0 > 0 }), peaks > 0, count > 0 else {
      throw ValidationError("--connections, --peaks and --count must be above 0.")
    }
  }

  func run() async throws {
    var result = results.begin("peaks")
    var table = PeaksTable()
    for connections in connections.elements {
      let plan = PeaksPlan(
        messages: messages.messages(seed: results.seed), connections: connections, peaks: peaks,
        height: count, every: every.duration, patience: messages.patience.duration)
      let outcome = try await results.watched { try await plan.run($0) }
      table.add(outcome)
      result.runs.append(outcome.run)
    }
    print(table.text, terminator: "")
    print("seed \(results.seed)")
    printFaults(of: result.runs)
    try results.finish(result)
  }
}
