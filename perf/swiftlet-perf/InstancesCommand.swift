// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct InstancesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instances",
    abstract: "Measures an echo server from one, two and more client processes.",
    discussion: """
      The same connections and the same load come from each number of processes, and their histograms are merged \
      without loss. What becomes better with more of them was the client's limit and not the server's; on a \
      machine whose cores are busy already it becomes worse. With --threads each of the processes has as many.
      """)

  @Option(help: "The server, as ws://HOST:PORT/PATH or wss://. It sends every message back.")
  var url: String

  @Option(help: "Client processes, such as 1,2,4: the whole load from each number.")
  var processes = CommaList([1, 2, 4])

  @Option(help: "The measured time, such as 10s.")
  var duration = TimeSpan(duration: .seconds(10))

  @OptionGroup
  var load: LoadOptions

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard processes.elements.allSatisfy({ $0 > 0 && $0 <= load.connections }) else {
      throw ValidationError("--processes must be above 0, and no more than --connections.")
    }
  }

  func run() async throws {
    var result = results.begin("instances")
    var table = InstancesTable()
    var verdicts = ""
    for count in processes.elements {
      let plan = load.plan(url: url, duration: duration, seed: results.seed)
      let outcome = try await results.watched { try await plan.run(processes: count, $0) }
      table.add(outcome, processes: count)
      var run = Run(count == 1 ? "1 process" : "\(count) processes", outcome)
      run.figures["processes"] = Double(count)
      result.runs.append(run)
      verdicts += "\(run.name): \(Verdict(outcome).sentence)\n"
    }
    print(table.text + verdicts, terminator: "")
    print("seed \(results.seed)")
    printFaults(of: result.runs)
    try results.finish(result)
  }
}
