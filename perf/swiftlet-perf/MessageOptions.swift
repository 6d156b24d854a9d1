// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SwiftletPerf

/// What scenarios send that say for themselves when and on which connections.
struct MessageOptions: ParsableArguments {
  @Option(help: "The server, as ws://HOST:PORT/PATH or wss://. It sends every message back.")
  var url: String

  @Option(help: "Bytes of a message, such as 20 or 64KiB.")
  var size = ByteSize(count: 20)

  @Option(help: "How messages are written: \(formats).")
  var format = Payload.Format.binary

  @Option(help: "The longest to wait for replies at the end.")
  var patience = TimeSpan(duration: .seconds(5))

  @OptionGroup
  var trust: TrustOptions

  private static let formats = Payload.Format.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    guard size.count >= format.leastSize else {
      throw ValidationError(
        "--size must be at least \(format.leastSize): shorter messages could not be told apart.")
    }
  }

  func messages(seed: UInt64) -> PacedMessages {
    PacedMessages(
      url: url, format: format, size: size.count, seed: seed, trust: trust.chosen)
  }
}
