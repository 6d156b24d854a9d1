// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletCore
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

  @Option(help: "Connections of each thread.")
  var connections = 50

  @Option(help: "Client threads.")
  var threads = 1

  @Option(help: "Messages in flight on each connection, with --rate at most.")
  var depth = 1

  @Option(help: "Messages a second, over all connections.")
  var rate: Double?

  @Option(help: "How the scheduled times are spaced: \(spacings).")
  var arrivals = Arrivals.Spacing.poisson

  @Option(help: "Bytes of a message, such as 20 or 64KiB.")
  var size = ByteSize(count: 20)

  @Flag(help: "Text messages instead of binary ones.")
  var text = false

  @Option(help: "The measured time, such as 10s.")
  var duration = TimeSpan(duration: .seconds(10))

  @Option(help: "The longest to wait for a steady rate before it.")
  var warmUp = TimeSpan(duration: .seconds(5))

  @Option(help: "The longest to wait for replies after it.")
  var patience = TimeSpan(duration: .seconds(5))

  @Option(help: "Of all random numbers. (default: a random one, which is printed)")
  var seed: UInt64?

  @Option(help: "What must hold, or the exit status is 3: \(Expectation.form). Repeatable.")
  var expect: [Expectation] = []

  @Option(help: "Write everything that was measured to this file, as JSON.")
  var json: String?

  private static let spacings = Arrivals.Spacing.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    guard connections > 0, threads > 0, depth > 0, rate ?? 1 > 0 else {
      throw ValidationError("--connections, --threads, --depth and --rate must be above 0.")
    }
    let least = Payload.leastSize(text ? .text : .binary)
    guard size.count >= least else {
      throw ValidationError(
        "--size must be at least \(least): shorter messages could not be told apart.")
    }
  }

  func run() async throws {
    let plan = LoadPlan(
      url: url, connections: connections, threads: threads,
      arrivals: rate.map { .open(rate: $0, arrivals) } ?? .closed, depth: depth,
      kind: text ? .text : .binary, size: size.count, duration: duration.duration,
      warmUpLimit: warmUp.duration, patience: patience.duration,
      seed: seed ?? .random(in: 0 ... .max))
    let live = LiveLine()
    do {
      let outcome = try await plan.run { live.show($0) }
      live.clear()
      print(outcome.summary, terminator: "")
      if let json { try write(try outcome.json(command: CommandLine.arguments), to: json) }
      try judge(outcome)
    } catch let error as LoadError {
      live.clear()
      report("swiftlet-perf: \(error)\n")
      throw ExitCode(EX_UNAVAILABLE)
    }
  }
}

extension EchoCommand {
  private func judge(_ outcome: LoadOutcome) throws {
    let broken = expect.filter { !$0.isMet(by: outcome) }
    for expectation in broken { report("swiftlet-perf: \(expectation) does not hold\n") }
    if !broken.isEmpty { throw ExitCode(3) }
    if !outcome.tally.faults.isEmpty { throw ExitCode(1) }
  }
}

extension Expectation: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Arrivals.Spacing: ExpressibleByArgument {}
