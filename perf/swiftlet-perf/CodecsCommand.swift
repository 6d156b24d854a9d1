// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct CodecsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "codecs", abstract: "Compares JSON with MessagePack: bytes and time.",
    discussion: """
      Contents of about --size bytes, a record, a text and bytes of no structure, are written and read in both \
      encodings, which is timed on one core. With --url messages of the sizes that came out take turns on a server \
      that sends them back.
      """)

  @Option(help: "A server that sends every message back, as ws://HOST:PORT/PATH or wss://.")
  var url: String?

  @Option(help: "Bytes of the contents, as MessagePack counts them.")
  var size = ByteSize(count: 1000)

  @Option(help: "Timed repetitions of writing and of reading.")
  var repetitions = 25

  @Option(help: "Connections, with one message in flight on each.")
  var connections = 50

  @Option(help: "How often each encoding has its turn on the server.")
  var rounds = 8

  @Option(help: "The measured time of a turn.")
  var roundDuration = TimeSpan(duration: .milliseconds(500))

  @OptionGroup
  var trust: TrustOptions

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard size.count > 0, repetitions > 0, connections > 0 else {
      throw ValidationError("--size, --repetitions and --connections must be above 0.")
    }
    guard rounds >= Ratio.leastPairs else {
      throw ValidationError("--rounds must be at least \(Ratio.leastPairs): fewer show nothing.")
    }
  }

  func run() async throws {
    var codecs = try Codecs(size: size.count, repetitions: repetitions, seed: results.seed)
    var result = results.begin("codecs")
    if let url {
      let plan = LoadPlan(
        url: url, connections: connections, threads: 1, arrivals: .closed, depth: 1,
        format: .json, size: size.count, duration: roundDuration.duration,
        warmUpLimit: .seconds(2), patience: .seconds(5), seed: results.seed,
        trust: trust.chosen)
      codecs = try await results.watched { [codecs] watch in
        var codecs = codecs
        try await codecs.run(plan, rounds: rounds, watch)
        return codecs
      }
    }
    print(codecs.summary(seed: results.seed), terminator: "")
    result.runs = codecs.runs
    try results.finish(result)
  }
}
