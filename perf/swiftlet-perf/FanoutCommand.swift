// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct FanoutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fanout", abstract: "Measures a server that sends one's messages to all others.",
    discussion: """
      One connection more than --connections says is opened, and sends; the others must get each of its messages \
      once, in order. A message counts when it has reached the last of them: that is the response time, and it \
      releases the next one; with --rate messages are due at scheduled times. Deliveries are counted and timed \
      each by itself.
      """)

  @Option(help: "The topic, as ws://HOST:PORT/topics/NAME or wss://. Nobody else may use it.")
  var url: String

  @Option(help: "The measured time, such as 10s.")
  var duration = TimeSpan(duration: .seconds(10))

  @OptionGroup
  var load: LoadOptions

  @OptionGroup
  var expectations: ExpectOptions

  @OptionGroup
  var messageLog: MessageLogOptions

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard load.threads == 1 else {
      throw ValidationError("fanout is one thread's: leave out --threads.")
    }
  }

  func run() async throws {
    var plan = load.plan(url: url, duration: duration, seed: results.seed)
    plan.pattern = .fanout
    plan.connections += 1
    try await measure("fanout", plan, expectations, messageLog, results)
  }
}
