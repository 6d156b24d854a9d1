// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct ShortCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "short", abstract: "Measures an echo server by a new connection for each message.",
    discussion: """
      Connects, upgrades, sends a message, compares what comes back and closes, over and over on so many \
      connections at a time; each part is timed. On loopback it takes many source addresses, since ports of one \
      would run out. Many thousand connections a second can fill the kernel's connection tracking, which then \
      drops every new connection of the machine: run server and client in a network namespace of their own then.
      """)

  @Option(help: "The server, as ws://HOST:PORT/PATH or wss://. It sends every message back.")
  var url: String

  @Option(help: "Connections at a time.")
  var connections = 50

  @Option(help: "Bytes of a message, such as 20 or 64KiB.")
  var size = ByteSize(count: 20)

  @Option(help: "How messages are written: \(formats).")
  var format = Payload.Format.binary

  @Option(help: "The measured time, such as 10s.")
  var duration = TimeSpan(duration: .seconds(10))

  @Option(help: "The time before it, which is left out.")
  var warmUp = TimeSpan(duration: .seconds(1))

  @Option(help: "The longest to wait for a reply.")
  var patience = TimeSpan(duration: .seconds(5))

  @OptionGroup
  var trust: TrustOptions

  @OptionGroup
  var results: ResultOptions

  private static let formats = Payload.Format.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    guard connections > 0 else { throw ValidationError("--connections must be above 0.") }
    guard size.count >= format.leastSize else {
      throw ValidationError(
        "--size must be at least \(format.leastSize): shorter messages could not be told apart.")
    }
  }

  func run() async throws {
    var result = results.begin("short")
    let plan = ExchangePlan(
      url: url, life: .short, connections: connections,
      amount: .time(duration.duration, warmUp: warmUp.duration), patience: patience.duration,
      trust: trust.chosen)
    let exchanges = EchoExchanges(format, size: size.count, seed: results.seed)
    let outcome = try await results.watched { try await plan.run(exchanges, $0) }
    print(outcome.summary, terminator: "")
    print("seed \(results.seed)")
    var run = Run("short", outcome, pattern: "echo", format: format, size: size.count)
    run.figures["clientMicrosecondsPerConnection"] = outcome.clientTimePerConnection
    result.runs.append(run)
    try results.finish(result)
  }
}
