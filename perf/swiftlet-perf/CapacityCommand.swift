// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct CapacityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Searches the highest rate at which a server meets what is expected.",
    discussion: """
      Messages are due at scheduled times, as with echo --rate. From --rate on the rate doubles until an \
      expectation is broken, replies fall behind, or the client itself is the limit, which is told; then the interval \
      is halved until its ends are within --precision of one another. A rate with a wrong or lost reply is not \
      met. Exit status 3 when there is no rate at which all is well.
      """)

  @Option(help: "The server, as ws://HOST:PORT/PATH or wss://.")
  var url: String

  @Option(help: "The measured time of each rate, such as 3s.")
  var duration = TimeSpan(duration: .seconds(3))

  @Option(help: "No higher rate is tried.")
  var upTo = 10_000_000.0

  @Option(help: "How near the answer is to be, as a share.")
  var precision = 0.05

  @OptionGroup
  var load: LoadOptions

  @Option(help: "What must hold at every rate: \(Expectation.form). Repeatable.")
  var expect: [Expectation] = [Expectation("p99<10ms")!]

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard precision > 0, upTo > 0 else {
      throw ValidationError("--precision and --up-to must be above 0.")
    }
  }

  func run() async throws {
    let plan = load.plan(url: url, duration: duration, seed: results.seed)
    var result = results.begin("capacity", [plan])
    var capacity = Capacity(
      plan, from: load.rate ?? 1000, load.arrivals, upTo: upTo, precision: 1 + precision,
      expectations: expect)
    while let step = try await results.watched({ try await capacity.step($0) }) {
      let rate = Int(step.rate.rounded())
      print("\(rate)/s: \(step.isWell ? "all is well" : step.complaints.joined(separator: ", "))")
    }
    print("\n\(capacity.table)\n\(capacity.finding)")
    result.runs = capacity.runs
    // Messages that are lost above the capacity are no fault of the run.
    try results.save(result)
    if !capacity.isFound { throw ExitCode(3) }
  }
}
