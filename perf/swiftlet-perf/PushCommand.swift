// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

struct PushCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Measures messages that a server sends by itself.",
    discussion: """
      The server is to send binary messages of --size bytes at --rate: their number and the time they were sent at by \
      the machine's monotonic clock in front, 8 bytes each, little endian, as swiftlet's /push does, or /poll, which \
      is asked again and again. It must run on this machine, since its clock is trusted: the time from the server's \
      sending to here is the response time.
      """)

  @Option(
    help:
      "As ws://HOST:PORT/push, or http://HOST:PORT/poll for long polling; or wss:// and https://.")
  var url: String

  @Option(help: "Connections of each thread.")
  var connections = 50

  @Option(help: "Client threads.")
  var threads = 1

  @Option(help: "Messages a second that are asked of the server for each connection.")
  var rate = 100.0

  @Option(help: "Bytes of a message.")
  var size = ByteSize(count: 64)

  @Option(help: "The measured time, such as 10s.")
  var duration = TimeSpan(duration: .seconds(10))

  @OptionGroup
  var trust: TrustOptions

  @OptionGroup
  var expectations: ExpectOptions

  @OptionGroup
  var messageLog: MessageLogOptions

  @OptionGroup
  var results: ResultOptions

  func validate() throws {
    guard connections > 0, threads > 0, rate > 0 else {
      throw ValidationError("--connections, --threads and --rate must be above 0.")
    }
    guard size.count >= 16 else { throw ValidationError("--size must be at least 16.") }
  }

  func run() async throws {
    let plan = LoadPlan(
      pushedBy: url, rate: rate, connections: connections, threads: threads, size: size.count,
      duration: duration.duration, warmUpLimit: .seconds(5), seed: results.seed,
      trust: trust.chosen)
    try await measure("push", plan, expectations, messageLog, results)
  }
}
