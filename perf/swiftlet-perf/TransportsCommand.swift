// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import SwiftletPerf

struct TransportsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transports",
    abstract: "Compares WebSocket with HTTP, long polling and TCP, in clear and by TLS.",
    discussion: """
      Two comparisons of one server's ways, each where it has two of them. Messages that come back: --ws, --wss, \
      --http and --https (each the body of a POST on a connection that is kept) and --tcp (behind its length, 32 bits, \
      little endian), by turns as compare does it. Messages that the server sends: --push (WebSocket) and --poll \
      (HTTP, asked again and again), at --push-rate for each connection, as push does it, one after the other.
      """)

  @Option(help: "WebSocket echo, as ws://HOST:PORT/echo.")
  var ws: String?

  @Option(help: "WebSocket echo by TLS, as wss://HOST:PORT/echo.")
  var wss: String?

  @Option(help: "HTTP echo, as http://HOST:PORT/echo.")
  var http: String?

  @Option(help: "HTTP echo by TLS, as https://HOST:PORT/echo.")
  var https: String?

  @Option(help: "TCP echo, as tcp://HOST:PORT.")
  var tcp: String?

  @Option(help: "WebSocket push, as ws://HOST:PORT/push or wss://.")
  var push: String?

  @Option(help: "Long polling, as http://HOST:PORT/poll or https://.")
  var poll: String?

  @Option(help: "Messages a second that are asked of the server for each connection.")
  var pushRate = 100.0

  @Option(help: "How often each transport of echo has its turn.")
  var rounds = 10

  @Option(help: "The measured time of a turn.")
  var roundDuration = TimeSpan(duration: .seconds(1))

  @OptionGroup
  var load: LoadOptions

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard echoes.count > 1 || pushes.count > 1 else {
      throw ValidationError(
        "There is nothing to compare: give two of --ws, --wss, --http, --https and --tcp, or --push "
          + "and --poll.")
    }
    guard rounds >= Ratio.leastPairs else {
      throw ValidationError("--rounds must be at least \(Ratio.leastPairs): fewer show nothing.")
    }
    guard pushRate > 0 else { throw ValidationError("--push-rate must be above 0.") }
    guard pushes.isEmpty || load.size.count >= 16 else {
      throw ValidationError("--size must be at least 16 for pushed messages.")
    }
  }

  private var echoes: [(name: String, url: String)] {
    [("ws", ws), ("wss", wss), ("http", http), ("https", https), ("tcp", tcp)]
      .compactMap { name, url in url.map { (name, $0) } }
  }

  private var pushes: [(name: String, url: String)] {
    [("push", push), ("poll", poll)].compactMap { name, url in url.map { (name, $0) } }
  }

  func run() async throws {
    var result = results.begin("transports")
    if echoes.count > 1 { try await compareEchoes(&result) }
    for (name, url) in pushes where pushes.count > 1 {
      let plan = load.pushPlan(
        url: url, rate: pushRate, duration: roundDuration, seed: results.seed)
      let outcome = try await results.watched { try await plan.run($0) }
      print("\n\(name): \(outcome.summary)", terminator: "")
      result.runs.append(Run(name, outcome))
    }
    try results.finish(result)
  }

  private func compareEchoes(_ result: inout ResultFile) async throws {
    let comparison = Comparison(
      subjects: echoes.map { ServerSubject(name: $0.name, url: $0.url) },
      plan: load.plan(url: "", duration: roundDuration, seed: results.seed), rounds: rounds,
      restarts: false, startLimit: .zero)
    let runs = try await results.compare(comparison)
    let judgement = Judgement(runs, seed: results.seed)
    print(judgement.summary(of: runs), terminator: "")
    result.runs += runs.map(\.run)
    result.comparison = judgement
  }
}
