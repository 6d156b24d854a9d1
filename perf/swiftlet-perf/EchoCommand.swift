// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
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

  @Option(help: "The server, as ws://HOST:PORT/PATH or wss://.")
  var url: String

  @Option(help: "The measured time, such as 10s.")
  var duration = TimeSpan(duration: .seconds(10))

  @OptionGroup
  var load: LoadOptions

  @Flag(
    help: """
      Measure afterwards what client and machine add by themselves: the same load at several numbers of \
      connections on a server that does nothing else, in a process of its own.
      """)
  var calibrate = false

  @OptionGroup
  var expectations: ExpectOptions

  @OptionGroup
  var messageLog: MessageLogOptions

  @OptionGroup
  var results: ResultOptions

  func run() async throws {
    let plan = load.plan(url: url, duration: duration, seed: results.seed)
    try await measure(
      "echo", plan, expectations, messageLog, results, isCalibrated: calibrate)
  }
}
