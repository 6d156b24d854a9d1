// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct IdleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "idle",
    abstract: "Holds many connections and tells what they cost.",
    discussion: """
      Opens connections from several processes and, on loopback, from many source addresses, since a process may \
      have only so many file descriptors and an address only so many ports. Tells how long opening took, why any \
      failed, what memory the client's processes and a server on this machine took, and at the end asks every \
      connection by a ping whether it lives. The exit status is 1 when one could not be opened or does not \
      answer.
      """)

  @Option(
    help:
      "The server, as ws://HOST:PORT/PATH or wss://. Repeatable: connections go to each in turn.")
  var url: [String]

  @Option(help: "How many connections, over all processes.")
  var connections = 10_000

  @Option(help: "Client processes that share them.")
  var processes = 1

  @Option(
    help:
      "Connect from this address of this machine. Repeatable. (default: 127.0.0.2 and so on for a server on 127.x)"
  )
  var source: [String] = []

  @Option(help: "How long all are held before they are asked.")
  var hold = TimeSpan(duration: .seconds(1))

  @Option(help: "The longest to wait for a connection, and for the answers.")
  var patience = TimeSpan(duration: .seconds(30))

  @Option(
    help:
      "A process of the server on this machine. Repeatable. (default: those that listen on its port)"
  )
  var pid: [Int] = []

  @OptionGroup
  var trust: TrustOptions

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard connections > 0, processes > 0 else {
      throw ValidationError("--connections and --processes must be above 0.")
    }
    // Some are needed for other things.
    let most = descriptorLimit - 100
    guard (connections + processes - 1) / processes <= most else {
      throw ValidationError(
        "A process may hold \(most) connections here: use --processes \((connections - 1) / most + 1) or more."
      )
    }
  }

  func run() async throws {
    var result = results.begin("idle")
    let plan = IdlePlan(
      urls: url, connections: connections, processes: processes, sources: source,
      hold: hold.duration, patience: patience.duration, servers: pid, trust: trust.chosen)
    let outcome = try await results.watched { try await plan.run($0) }
    print(outcome.summary, terminator: "")
    result.runs.append(outcome.run)
    try results.finish(result)
    if !outcome.isComplete { throw ExitCode(1) }
  }
}
